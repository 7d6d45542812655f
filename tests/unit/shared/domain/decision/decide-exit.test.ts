import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { account, crypto, held, legOf, money, now, only, orders, signalOf, stateOf, stock, strategy, weight, working } from './state-of.ts'

interface Asked {
  state?: Partial<DecisionState>
  leg?: Partial<LegIntent>
  signal?: Partial<SignalIntent>
  of?: typeof stock
}

/** An exit by SELL, unless told otherwise. */
const exit = ({ state = {}, leg = {}, signal = {}, of = stock }: Asked) =>
  only(
    decide({
      signal: signalOf([legOf(of, { action: 'SELL', signal_type: 'EXIT', ...leg })], signal),
      state: stateOf(state),
      now,
    }),
  )

const own = 'S1_20260302_150000_001_ORD'
const long = { positions: [held(stock, 100)] }

describe('an exit', () => {
  it('closes the whole position and claims it', () => {
    const leg = exit({ state: long })
    expect(leg).toMatchObject({ decision: 'APPROVED', reason_code: null, waiting_for: [], reservations: [] })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 100 exit`])
    expect(leg.claims).toEqual([{ order_id: own, instrument_id: 'AAPL', quantity: money(100) }])
    expect(leg.position_size.toString()).toBe('100')
    // 100 × last price 100
    expect(leg.value.toString()).toBe('10000')
  })

  it('buys back a short position', () => {
    expect(orders(exit({ state: { positions: [held(stock, -30)] }, leg: { action: 'BUY' } }))).toEqual([`PLACE ${own} BUY 30 exit`])
  })

  it('ignores the requested quantity by default', () => {
    expect(orders(exit({ state: long, leg: { requested_quantity: money(5) } }))).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('leaves out what other working exits have claimed', () => {
    expect(orders(exit({ state: { positions: [held(stock, 100, { X1_ORD: 30, X2_ORD: 45 })] } }))).toEqual([`PLACE ${own} SELL 25 exit`])
  })

  it('counts what it claimed itself before its process died as its own', () => {
    expect(orders(exit({ state: { positions: [held(stock, 100, { [own]: 100 })] } }))).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('sells whole lots of what fees have left, and says what stays', () => {
    const leg = exit({ of: crypto, state: { positions: [{ ...held(crypto, 1), quantity: money('0.9994') }] } })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 0.999 exit`])
    expect(leg.reason).toBe('SELL 0.999 BTC: closes 0.999 of 0.9994 (0.0004 is less than a lot of 0.001 and stays)')
    const dust = exit({ of: crypto, state: { positions: [{ ...held(crypto, 1), quantity: money('0.0004') }] } })
    expect(dust).toMatchObject({ decision: 'DENIED', reason_code: 'NOTHING_TO_EXIT' })
  })

  it('is denied where there is nothing to exit', () => {
    expect(exit({})).toMatchObject({
      decision: 'DENIED',
      reason_code: 'NOTHING_TO_EXIT',
      reason: 'NOTHING_TO_EXIT: position=0, claimed=0, working_entries=0, closing=0',
      orders: [],
      claims: [],
    })
    // a SELL closes no short position
    expect(exit({ state: { positions: [held(stock, -30)] } })).toMatchObject({ reason_code: 'NOTHING_TO_EXIT' })
    expect(exit({ state: { positions: [held(crypto, 1)] } })).toMatchObject({ reason_code: 'NOTHING_TO_EXIT' })
  })

  it('is denied where working exits close everything already', () => {
    expect(exit({ state: { positions: [held(stock, 100, { X1_ORD: 100 })] } })).toMatchObject({
      decision: 'DENIED',
      reason_code: 'ALREADY_EXITING',
      reason: 'ALREADY_EXITING: position=100, claimed=100, working_entries=0, closing=0',
    })
  })
})

describe('a part of a position', () => {
  const partly = (requested: number, after: number, position = 100) =>
    orders(
      exit({
        state: { positions: [held(stock, position)] },
        leg: { requested_quantity: money(requested) },
        signal: { position_after: money(after) },
      }),
    )

  it('is the fraction of ours that the sender closes of theirs', () => {
    // they sell 4 of 10: 40 of our 100
    expect(partly(4, 6)).toEqual([`PLACE ${own} SELL 40 exit`])
  })

  it('is exact where the fraction has no end', () => {
    // they sell 1 of 3: a third of our 300 is 100, not 99
    expect(partly(1, 2, 300)).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('is rounded down to whole lots', () => {
    // 1 of 3: 33.3 of our 100
    expect(partly(1, 2)).toEqual([`PLACE ${own} SELL 33 exit`])
  })

  it('is everything where the sender is flat afterwards, or on the other side', () => {
    expect(partly(10, 0)).toEqual([`PLACE ${own} SELL 100 exit`])
    expect(partly(20, -10)).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('is never more than what others have left', () => {
    const state = { positions: [held(stock, 100, { X1_ORD: 70 })] }
    const leg = exit({ state, leg: { requested_quantity: money(5) }, signal: { position_after: money(5) } })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 30 exit`])
  })

  it('of a short position keeps its sign', () => {
    const leg = exit({
      state: { positions: [held(stock, -100)] },
      leg: { action: 'BUY', requested_quantity: money(5) },
      signal: { position_after: money(-15) },
    })
    expect(orders(leg)).toEqual([`PLACE ${own} BUY 25 exit`])
  })

  it('is told by the position that the sender had before, where they give no quantity', () => {
    const from = (before: number | null, after: number, position = 100) =>
      orders(
        exit({
          state: { positions: [held(stock, position)], told_before: before === null ? null : money(before) },
          leg: { action: position > 0 ? 'SELL' : 'BUY' },
          signal: { position_after: money(after) },
        }),
      )
    // from 10 to 6: 40 of our 100
    expect(from(10, 6)).toEqual([`PLACE ${own} SELL 40 exit`])
    expect(from(-10, -6, -100)).toEqual([`PLACE ${own} BUY 40 exit`])
    expect(from(10, 0)).toEqual([`PLACE ${own} SELL 100 exit`])
    // nothing tells how much of theirs is left: an exit closes all, and says why
    const untold = exit({ state: long, leg: { action: 'SELL' }, signal: { position_after: money(6) } })
    expect(untold.calculation.at(-1)).toEqual({
      step: 'part',
      result: 'computed',
      figures: { part: 'all, since nothing tells what the sender held before' },
    })
    expect(from(null, 6)).toEqual([`PLACE ${own} SELL 100 exit`])
    expect(from(5, 6)).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('is everything where the sender is flat afterwards, however little they sell', () => {
    const state = { ...long, strategy: strategy({ sizing: 'requested_cap' }) }
    const leg = exit({ state, leg: { requested_quantity: money(10) }, signal: { position_after: money(0) } })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('is the requested quantity where the strategy says so, in whole lots and at most everything', () => {
    const capped = (requested: string) =>
      orders(exit({ state: { ...long, strategy: strategy({ sizing: 'requested_cap' }) }, leg: { requested_quantity: money(requested) } }))
    expect(capped('30')).toEqual([`PLACE ${own} SELL 30 exit`])
    expect(capped('30.7')).toEqual([`PLACE ${own} SELL 30 exit`])
    expect(capped('500')).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('is what the fund itself asks for, whatever the strategy says', () => {
    const asked = (requested: number | null) =>
      orders(exit({ state: long, signal: { source: 'system' }, leg: { requested_quantity: requested === null ? null : money(requested) } }))
    expect(asked(30)).toEqual([`PLACE ${own} SELL 30 exit`])
    expect(asked(null)).toEqual([`PLACE ${own} SELL 100 exit`])
  })
})

describe('an exit while entries still work', () => {
  const entry = working(stock, 'BUY', 60, 100, 'E1_ORD')

  it('cancels them, closes what is held and waits for their end', () => {
    const leg = exit({ state: { positions: [held(stock, 40)], working: [entry, working(stock, 'BUY', 5, 100, 'E2_ORD')] } })
    expect(orders(leg)).toEqual([`CANCEL ${own}_C_E1_ORD E1_ORD exit`, `CANCEL ${own}_C_E2_ORD E2_ORD exit`, `PLACE ${own} SELL 40 exit`])
    expect(leg.waiting_for).toEqual(['E1_ORD', 'E2_ORD'])
  })

  it('cancels them where nothing is held yet', () => {
    const leg = exit({ state: { working: [entry] } })
    expect(leg).toMatchObject({ decision: 'APPROVED', waiting_for: ['E1_ORD'], claims: [] })
    expect(orders(leg)).toEqual([`CANCEL ${own}_C_E1_ORD E1_ORD exit`])
  })

  it('cancels them where others close all that is held', () => {
    const leg = exit({ state: { positions: [held(stock, 40, { X1_ORD: 40 })], working: [entry] } })
    expect(orders(leg)).toEqual([`CANCEL ${own}_C_E1_ORD E1_ORD exit`])
  })

  it('leaves entries of other instruments, and those on its own side, alone', () => {
    const leg = exit({ state: { ...long, working: [working(crypto, 'BUY', 1, 60_000), working(stock, 'SELL', 9, 100)] } })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 100 exit`])
    expect(leg.waiting_for).toEqual([])
  })
})

describe('what stops an entry and not an exit', () => {
  const switched = (fund: 'REDUCING' | 'HALTED') => ({ kill_switch: { fund, account: 'ACTIVE', strategy: 'ACTIVE' } as const })

  it('passes while trading is reduced', () => {
    expect(exit({ state: { ...long, ...switched('REDUCING') } })).toMatchObject({ decision: 'APPROVED' })
  })

  it('is held while trading is halted, and takes nothing', () => {
    expect(exit({ state: { ...long, ...switched('HALTED') } })).toMatchObject({
      decision: 'HELD',
      reason_code: 'KILL_SWITCH',
      reason: 'KILL_SWITCH: fund=HALTED, account=ACTIVE, strategy=ACTIVE, exit=held until the halt ends',
      orders: [],
      claims: [],
      waiting_for: [],
    })
  })

  it('passes for an INACTIVE strategy, without weight, account state, quotes, rates or capital, however old', () => {
    const state = {
      ...long,
      strategy: strategy({ status: 'INACTIVE' }),
      allocation: weight(null),
      account: account({ pool: null }),
      fund: { currency: 'USD', pool: null },
      quotes: new Map(),
      rates: new Map(),
      capabilities: { order_types: [], times_in_force: [] },
    }
    const leg = exit({ state, signal: { sent_at: new Date(0) }, leg: { expires_at: new Date(0) } })
    expect(orders(leg)).toEqual([`PLACE ${own} SELL 100 exit`])
  })

  it('closes a position whose instrument is not in the symbol table any more', () => {
    expect(orders(exit({ state: { ...long, instruments: new Map() } }))).toEqual([`PLACE ${own} SELL 100 exit`])
  })
})
