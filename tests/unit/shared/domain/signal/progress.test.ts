import { describe, expect, it } from 'vitest'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'
import type { OrderStatus } from '../../../../../shared/domain/order/transitions.ts'
import { phasesOf } from '../../../../../shared/domain/signal/phases.ts'
import { signalProgress } from '../../../../../shared/domain/signal/progress.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 2, 2, 15) + ms)

/** An order that came to these states, at these milliseconds. */
const order = (filled: number, ...states: [OrderStatus, number][]) => ({
  status: states.at(-1)?.[0] ?? ('NEW' as const),
  states: states.map(([status, ms]) => ({ status, at: at(ms) })),
  filled_qty: new Decimal(filled),
})

const progress = (orders: ReturnType<typeof order>[], complete = true) =>
  signalProgress(orders, { complete }).map(({ state, at: reached }) => `${state} ${reached.getTime() - at(0).getTime()}`)

describe('what a signal’s orders have brought it to', () => {
  it('is nothing before an order was sent', () => {
    expect(progress([])).toEqual([])
    expect(progress([order(0, ['NEW', 1])])).toEqual([])
  })

  it('is ORDERED once the first was sent', () => {
    expect(progress([order(0, ['NEW', 1], ['SUBMITTING', 3]), order(0, ['NEW', 1], ['SUBMITTING', 2], ['SUBMITTED', 9])])).toEqual([
      'ORDERED 2',
    ])
  })

  it('is PARTIALLY_FILLED while something filled and something works', () => {
    expect(progress([order(3, ['SUBMITTING', 2], ['PARTIALLY_FILLED', 5])])).toEqual(['ORDERED 2', 'PARTIALLY_FILLED 5'])
    expect(progress([order(3, ['SUBMITTING', 2], ['FILLED', 5]), order(0, ['SUBMITTING', 3])])).toEqual(['ORDERED 2', 'PARTIALLY_FILLED 5'])
  })

  it('is FILLED when all are, at the last of them', () => {
    expect(progress([order(3, ['SUBMITTING', 2], ['FILLED', 5]), order(1, ['SUBMITTING', 3], ['FILLED', 8])])).toEqual([
      'ORDERED 2',
      'FILLED 8',
    ])
  })

  it('is not at its end while an order of its decision is still to come', () => {
    expect(progress([order(3, ['SUBMITTING', 2], ['FILLED', 5])], false)).toEqual(['ORDERED 2', 'PARTIALLY_FILLED 5'])
  })

  it.each<[string, OrderStatus[]]>([
    ['REJECTED', ['FILLED', 'CANCELED', 'EXPIRED', 'DENIED', 'REJECTED']],
    ['DENIED', ['FILLED', 'CANCELED', 'EXPIRED', 'DENIED']],
    ['EXPIRED', ['FILLED', 'CANCELED', 'EXPIRED']],
    ['CANCELED', ['FILLED', 'CANCELED']],
  ])('is %s, the worst end, where orders end as %j', (state, ends) => {
    expect(progress(ends.map(end => order(0, ['SUBMITTING', 2], [end, 6]))).at(-1)).toBe(`${state} 6`)
  })

  it('is an end without ORDERED where nothing was ever sent', () => {
    expect(progress([order(0, ['NEW', 1], ['DENIED', 1])])).toEqual(['DENIED 1'])
  })
})

describe('phases', () => {
  it('are the milliseconds from each state to the next, in the order of their times', () => {
    const states = [
      { state: 'RECEIVED', at: at(0) },
      { state: 'FILLED', at: at(60) },
      { state: 'STANDARDIZED', at: at(0) },
      { state: 'DECIDED', at: at(12) },
    ] as const
    expect(phasesOf(states)).toEqual({ STANDARDIZED: 0, DECIDED: 12, FILLED: 48 })
  })

  it('are none where nothing, or only the first state, was reached', () => {
    expect(phasesOf([])).toEqual({})
    expect(phasesOf([{ state: 'RECEIVED', at: at(0) }])).toEqual({})
  })
})
