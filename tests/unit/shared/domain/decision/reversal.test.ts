import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { EarlierDecision } from '../../../../../shared/domain/decision/earlier.ts'
import type { LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { crypto, held, legOf, money, now, orders, secondsAgo, signalOf, stateOf, stock, strategy, working } from './state-of.ts'

const own = 'S1_20260302_150000_001_ORD'
const sell: Partial<LegIntent> = { action: 'SELL', requested_quantity: money(20) }

interface Asked {
  state?: Partial<DecisionState>
  leg?: Partial<LegIntent>
  signal?: Partial<SignalIntent>
  earlier?: EarlierDecision
}

const reversal = ({ state = {}, leg = {}, signal = {}, earlier }: Asked) =>
  decide({
    signal: signalOf([legOf(stock, { ...sell, ...leg })], { position_after: money(-10), ...signal }),
    state: stateOf(state),
    now,
    earlier: earlier ?? null,
  })

const verdicts = (legs: ReturnType<typeof decide>) => legs.map(({ signal_type, decision }) => `${signal_type} ${decision}`)

/** A reversal whose exit of 100 was placed, and whose entry waits for it. */
const placed: EarlierDecision = {
  parts: [
    { leg: 0, signal_type: 'EXIT', reverses: false, decision: 'APPROVED', wanted_quantity: money(100), position_size: money(100) },
    { leg: 0, signal_type: 'ENTRY', reverses: true, decision: 'HELD', wanted_quantity: money(0), position_size: money(0) },
  ],
  orders: [{ order_id: own, command: 'PLACE', target_order_id: null, quantity: money(100) }],
  waiting_for: [own],
  canceled: new Map(),
}

describe('a reversal', () => {
  it('closes everything first and lets its entry wait for that', () => {
    const legs = reversal({ state: { positions: [held(stock, 100)] } })
    expect(verdicts(legs)).toEqual(['EXIT APPROVED', 'ENTRY HELD'])
    expect(legs.map(orders)).toEqual([[`PLACE ${own} SELL 100 exit`], []])
    expect(legs[1]).toMatchObject({ reverses: true, waiting_for: [own], reservations: [] })
  })

  it('enters on the state of then once its exit has filled, under the next order id', () => {
    // 10 % of 1,000,000 at the bid of 98: 1,020 shares
    const legs = reversal({ earlier: placed })
    expect(verdicts(legs)).toEqual(['ENTRY APPROVED'])
    expect(legs.flatMap(orders)).toEqual([`PLACE ${own}2 SELL 1020 entry`])
  })

  it('waits on while anything is left of the position, without a second exit of its own', () => {
    const legs = reversal({ state: { positions: [held(stock, 30)] }, earlier: placed })
    expect(verdicts(legs)).toEqual(['ENTRY HELD'])
    expect(legs[0]).toMatchObject({ orders: [], waiting_for: [own] })
  })

  it('gives its entry up once the signal is too old', () => {
    const legs = reversal({ state: { positions: [held(stock, 30)] }, signal: { sent_at: secondsAgo(61) }, earlier: placed })
    expect(legs).toMatchObject([{ signal_type: 'ENTRY', decision: 'DENIED', reason_code: 'EXPIRED', waiting_for: [] }])
  })

  it('asks every check of its entry again', () => {
    const legs = reversal({ state: { strategy: strategy({ status: 'INACTIVE' }) }, earlier: placed })
    expect(legs).toMatchObject([{ decision: 'DENIED', reason_code: 'STRATEGY_INACTIVE' }])
  })

  it('waits for the exits of others where they close everything already', () => {
    const legs = reversal({ state: { positions: [held(stock, 100, { X1_ORD_R2: 100 })] } })
    expect(legs).toMatchObject([
      { decision: 'DENIED', reason_code: 'ALREADY_EXITING' },
      { decision: 'HELD', waiting_for: ['X1_ORD'] },
    ])
  })

  it('cancels what still works and waits for its end', () => {
    const legs = reversal({ state: { working: [working(stock, 'BUY', 60, 100)] } })
    expect(legs.map(orders)).toEqual([[`CANCEL ${own}_C_E1_ORD E1_ORD exit`], []])
    expect(legs.map(({ waiting_for }) => waiting_for)).toEqual([['E1_ORD'], ['E1_ORD']])
  })

  it('is held whole while trading is halted', () => {
    const halted = { fund: 'HALTED', account: 'ACTIVE', strategy: 'ACTIVE' } as const
    expect(verdicts(reversal({ state: { positions: [held(stock, 100)], kill_switch: halted } }))).toEqual(['EXIT HELD', 'ENTRY HELD'])
  })

  it('is only an exit where the sender is flat or on the same side afterwards, and only an entry where nothing is held', () => {
    const long = { positions: [held(stock, 100)] }
    expect(verdicts(reversal({ state: long, signal: { position_after: money(0) } }))).toEqual(['EXIT APPROVED'])
    expect(verdicts(reversal({ state: long, signal: { position_after: money(5) } }))).toEqual(['EXIT APPROVED'])
    expect(verdicts(reversal({ state: long, signal: { position_after: null } }))).toEqual(['EXIT APPROVED'])
    expect(verdicts(reversal({}))).toEqual(['ENTRY APPROVED'])
  })

  it('opens no more than the sender holds afterwards, where the strategy says so', () => {
    const legs = reversal({ state: { strategy: strategy({ sizing: 'requested_cap' }) }, earlier: placed })
    expect(legs.flatMap(orders)).toEqual([`PLACE ${own}2 SELL 10 entry`])
  })

  it('as two legs of one instrument waits the same way', () => {
    const legs = decide({
      signal: signalOf([legOf(stock, { action: 'SELL', signal_type: 'EXIT' }), legOf(stock, { action: 'SELL', signal_type: 'ENTRY' })]),
      state: stateOf({ positions: [held(stock, 100)] }),
      now,
    })
    expect(verdicts(legs)).toEqual(['EXIT APPROVED', 'ENTRY HELD'])
    expect(legs[1]).toMatchObject({ waiting_for: [own] })
  })
})

describe('what filled while its cancel was on the way', () => {
  /** An exit of 40 that canceled an entry with 60 still open. */
  const canceling = (filled: number, position_size = 40): EarlierDecision => ({
    parts: [
      {
        leg: 0,
        signal_type: 'EXIT',
        reverses: false,
        decision: 'APPROVED',
        wanted_quantity: money(40),
        position_size: money(position_size),
      },
    ],
    orders: [
      { order_id: `${own}_C_E1_ORD`, command: 'CANCEL', target_order_id: 'E1_ORD', quantity: money(60) },
      { order_id: own, command: 'PLACE', target_order_id: null, quantity: money(40) },
    ],
    waiting_for: ['E1_ORD'],
    canceled: new Map([['E1_ORD', { quantity: money(100), filled: money(filled) }]]),
  })
  const exit = (state: Partial<DecisionState>, earlier: EarlierDecision) => reversal({ state, earlier, signal: { position_after: null } })

  it('is closed under the same exit', () => {
    // 40 of 100 had filled; 65 have by now
    expect(exit({ positions: [held(stock, 65, { [own]: 40 })] }, canceling(65)).flatMap(orders)).toEqual([
      `PLACE ${own}_R1000 SELL 25 exit`,
    ])
  })

  it('is all that is closed: what was entered later stays', () => {
    expect(exit({ positions: [held(stock, 500)] }, canceling(65)).flatMap(orders)).toEqual([`PLACE ${own}_R1000 SELL 25 exit`])
    expect(exit({ positions: [held(stock, 500)] }, canceling(40)).flatMap(orders)).toEqual([])
  })

  it('is not closed twice while the rest of the entry still works', () => {
    const again = { ...canceling(65, 65), waiting_for: ['E1_ORD'] }
    const [leg] = exit({ positions: [held(stock, 25)], working: [working(stock, 'BUY', 35, 100)] }, again)
    expect(leg).toMatchObject({ orders: [], waiting_for: ['E1_ORD'] })
  })

  it('waits for the end of a halt', () => {
    const halted = { fund: 'HALTED', account: 'ACTIVE', strategy: 'ACTIVE' } as const
    const [leg] = exit({ positions: [held(stock, 65)], kill_switch: halted }, canceling(65))
    expect(leg).toMatchObject({ decision: 'APPROVED', orders: [], claims: [], waiting_for: ['E1_ORD'] })
  })
})

describe('two exits of one signal in one instrument', () => {
  it('share what there is', () => {
    const legs = decide({
      signal: signalOf([legOf(stock, { action: 'SELL' }), legOf(stock, { action: 'SELL' }), legOf(crypto)], {}),
      state: stateOf({ positions: [held(stock, 100)] }),
      now,
    })
    expect(legs.map(({ decision, reason_code }) => `${decision} ${reason_code}`)).toEqual([
      'APPROVED null',
      'DENIED ALREADY_EXITING',
      'APPROVED null',
    ])
  })
})

describe('the position that a sender expects', () => {
  const compared = (leg: Partial<LegIntent>, after: number | null, state: Partial<DecisionState> = {}) => {
    const [first] =
      decide({
        signal: signalOf([legOf(stock, leg)], { position_after: after === null ? null : money(after) }),
        state: stateOf(state),
        now,
      })[0]?.calculation ?? []
    return first?.step === 'position_after' ? `${first.result} ${first.figures.sender_before} ${first.figures.ours_before}` : null
  }
  const long = { positions: [held(stock, 500)] }

  it('is not compared where they do not tell it', () => {
    expect(compared({ requested_quantity: money(5) }, null)).toBeNull()
  })

  it('agrees on the side, whatever our size', () => {
    expect(compared({ requested_quantity: money(5) }, 5)).toBe('agrees FLAT FLAT')
    expect(compared({ action: 'SELL', requested_quantity: money(5) }, 5, long)).toBe('agrees LONG LONG')
    expect(compared({ action: 'SELL' }, 0, long)).toBe('agrees LONG LONG')
    expect(compared({ action: 'SELL' }, -5, long)).toBe('agrees not told LONG')
  })

  it('differs where a signal of theirs was missed', () => {
    // they add 5 to 5, but we hold nothing
    expect(compared({ requested_quantity: money(5) }, 10)).toBe('differs LONG FLAT')
    // they open 5 from nothing, but we still hold
    expect(compared({ requested_quantity: money(5) }, 5, long)).toBe('differs FLAT LONG')
    expect(compared({ action: 'SELL' }, 0)).toBe('differs LONG FLAT')
  })

  it('counts entries that work, and leaves out what working exits close', () => {
    expect(compared({ requested_quantity: money(5) }, 10, { working: [working(stock, 'BUY', 7, 100)] })).toBe('agrees LONG LONG')
    expect(compared({ requested_quantity: money(5) }, 5, { positions: [held(stock, 500, { X1_ORD: 500 })] })).toBe('agrees FLAT FLAT')
  })
})

describe('a sender who only closes by what they hold afterwards', () => {
  const outcomeOf = (leg: Partial<LegIntent>, after: number, state: Partial<DecisionState> = {}) => {
    const question = { signal: signalOf([legOf(stock, leg)], { position_after: money(after) }), state: stateOf(state), now }
    return decide(question).map(({ signal_type, decision, reason_code }) => `${signal_type} ${reason_code ?? decision}`)
  }

  it('opens nothing here, where we never had what they close', () => {
    expect(outcomeOf({ action: 'SELL' }, 0)).toEqual(['EXIT NOTHING_TO_EXIT'])
    expect(outcomeOf({ action: 'SELL', requested_quantity: money(5) }, 5)).toEqual(['EXIT NOTHING_TO_EXIT'])
    expect(outcomeOf({ action: 'BUY' }, 0)).toEqual(['EXIT NOTHING_TO_EXIT'])
    expect(outcomeOf({ action: 'SELL' }, 5, { positions: [held(stock, -50)] })).toEqual(['EXIT NOTHING_TO_EXIT'])
  })

  it('enters where they say so', () => {
    expect(outcomeOf({ action: 'SELL', signal_type: 'ENTRY' }, 0)).toEqual(['ENTRY APPROVED'])
    expect(outcomeOf({ action: 'SELL' }, -5)).toEqual(['ENTRY APPROVED'])
  })
})

describe('legs that enter together', () => {
  const entered = (legs: LegIntent[], state: Partial<DecisionState> = {}) => decide({ signal: signalOf(legs), state: stateOf(state), now })

  it('share the capital by the notional that the sender asks for', () => {
    // 300 × 100 = 30,000 and 1 × 60,000: a third of 100,000 is 333 shares, two thirds 1.111 coins
    const legs = entered([legOf(stock, { requested_quantity: money(300) }), legOf(crypto, { requested_quantity: money(1) })])
    expect(legs.map(({ position_size }) => position_size.toString())).toEqual(['333', '1.111'])
  })

  it('take margin on the net of an instrument', () => {
    // 50,000 each: 500 bought at 100 and 510 sold at 98; the net is 10 × 98 × 25 % = 245
    const legs = entered([legOf(stock), legOf(stock, { action: 'SELL' })])
    expect(legs.map(({ position_size, margin }) => `${position_size} ${margin}`)).toEqual(['500 0', '510 245'])
  })
})

describe('an addition to a position', () => {
  it('is the fraction that the sender adds to theirs, of ours', () => {
    // they go from 10 to 15: half of our 200
    const [leg] = decide({
      signal: signalOf([legOf(stock, { requested_quantity: money(5) })], { position_after: money(15) }),
      state: stateOf({ positions: [held(stock, 200)] }),
      now,
    })
    expect(leg?.position_size.toString()).toBe('100')
  })
})

describe('a version in shadow', () => {
  it('puts its name into its order ids', () => {
    const legs = decide({
      signal: signalOf([legOf(stock, sell)], { position_after: money(-10) }),
      state: stateOf({ positions: [held(stock, 100)] }),
      now,
      shadow: 'v2',
    })
    expect(legs.flatMap(orders)).toEqual(['PLACE S1_20260302_150000_001_v2_ORD SELL 100 exit'])
    expect(legs[1]?.waiting_for).toEqual(['S1_20260302_150000_001_v2_ORD'])
  })
})
