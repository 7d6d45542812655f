import { describe, expect, it } from 'vitest'
import { type SignalState, senderStatus, signalStates, statesBefore } from '../../../../../shared/domain/signal/states.ts'

const mayFollow = (from: SignalState, to: SignalState) => statesBefore(to).includes(from)
const terminal: SignalState[] = ['REFUSED', 'DUPLICATE', 'DENIED', 'FILLED', 'CANCELED', 'REJECTED', 'EXPIRED']

describe('the states of a signal', () => {
  it.each<[SignalState, SignalState]>([
    ['RECEIVED', 'STANDARDIZED'],
    ['RECEIVED', 'REFUSED'],
    ['RECEIVED', 'DUPLICATE'],
    ['STANDARDIZED', 'HELD'],
    ['STANDARDIZED', 'DECIDED'],
    ['HELD', 'DECIDED'],
    ['DECIDED', 'DENIED'],
    ['DECIDED', 'ORDERED'],
    ['ORDERED', 'PARTIALLY_FILLED'],
    ['PARTIALLY_FILLED', 'FILLED'],
    ['PARTIALLY_FILLED', 'CANCELED'],
    ['ORDERED', 'REJECTED'],
    ['ORDERED', 'EXPIRED'],
  ])('lead from %s to %s and not back', (from, to) => {
    expect(mayFollow(from, to)).toBe(true)
    expect(mayFollow(to, from)).toBe(false)
  })

  it('lead from a message that came late to where it would have led', () => {
    expect(mayFollow('STANDARDIZED', 'ORDERED')).toBe(true)
    expect(mayFollow('DECIDED', 'FILLED')).toBe(true)
  })

  it('end for good', () => {
    expect(terminal.flatMap(from => signalStates.filter(to => mayFollow(from, to)))).toEqual([])
  })

  it('never follow themselves', () => {
    expect(signalStates.filter(state => mayFollow(state, state))).toEqual([])
  })
})

describe('what a sender filters on', () => {
  it.each<['PENDING' | 'EXECUTED' | 'REJECTED', SignalState[]]>([
    ['PENDING', ['RECEIVED', 'STANDARDIZED', 'HELD']],
    ['EXECUTED', ['DECIDED', 'ORDERED', 'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'EXPIRED']],
    ['REJECTED', ['REFUSED', 'DUPLICATE', 'DENIED', 'REJECTED']],
  ])('is %s for %j', (status, states) => {
    expect(signalStates.filter(state => senderStatus(state) === status).sort()).toEqual([...states].sort())
  })
})
