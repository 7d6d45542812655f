import { afterEach, describe, expect, it, vi } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { type Decimal, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import { held, legOf, quote, signalOf, stateOf, stock } from './state-of.ts'

const DAYS = 40
const START = Date.UTC(2019, 0, 2, 15)
const DAY_MS = 86_400_000

/** Ten years ago or so: a day's price, and what is held, are all that the world knows. */
function replay(): { day: number; decision: string; quantity: string }[] {
  let quantity: Decimal = ZERO
  return Array.from({ length: DAYS }, (_, day) => {
    const now = new Date(START + day * DAY_MS)
    const price = 100 + 10 * Math.sin(day / 3)
    const quotes: DecisionState['quotes'] = new Map([['AAPL', { ...quote(price - 0.1, price), as_of: now }]])
    const state = stateOf({ quotes, positions: quantity.isZero() ? [] : [held(stock, quantity.toString())] })
    const action = quantity.isZero() ? 'BUY' : 'SELL'
    const signal = signalOf([legOf(stock, { action })], { signal_id: `S1_${day}`, received_at: now, sent_at: now })
    const [decided] = decide({ signal, state, now })
    for (const order of decided?.orders ?? [])
      quantity = order.action === 'BUY' ? quantity.plus(order.quantity) : quantity.minus(order.quantity)
    return { day, decision: `${decided?.signal_type} ${decided?.decision}`, quantity: quantity.toString() }
  })
}

describe('decisions on simulated time', () => {
  afterEach(() => vi.restoreAllMocks())

  it('need no clock, no chance and no network', () => {
    const forbidden = () => {
      throw new Error('reached outside')
    }
    vi.spyOn(Date, 'now').mockImplementation(forbidden)
    vi.spyOn(Math, 'random').mockImplementation(forbidden)
    vi.spyOn(globalThis, 'fetch').mockImplementation(forbidden)
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(forbidden as never)
    const days = replay()
    expect(days).toHaveLength(DAYS)
    // In by 100,000 of capital at the day's price, out the next day.
    expect(days[0]).toEqual({ day: 0, decision: 'ENTRY APPROVED', quantity: '1000' })
    expect(days[1]).toEqual({ day: 1, decision: 'EXIT APPROVED', quantity: '0' })
  })

  it('come out the same each time', () => {
    expect(replay()).toEqual(replay())
  })

  it('expire by simulated time, not by ours', () => {
    const now = new Date(START)
    const quotes: DecisionState['quotes'] = new Map([['AAPL', { ...quote(99, 100), as_of: now }]])
    const late = signalOf([legOf(stock)], { received_at: new Date(START - DAY_MS), sent_at: new Date(START - DAY_MS) })
    const [decided] = decide({ signal: late, state: stateOf({ quotes }), now })
    expect(decided?.reason_code).toBe('EXPIRED')
  })
})
