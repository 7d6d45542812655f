import { Decimal, HUNDRED, ZERO } from '../money/decimal.ts'
import type { Candidate } from '../risk/check.ts'
import { entryChecks } from '../risk/entry-checks.ts'
import { expired } from '../risk/expired.ts'
import { entryMargin } from '../risk/margin-limit.ts'
import { deployedCapital } from '../sizing/deployed.ts'
import { entrySize } from '../sizing/entry-size.ts'
import type { Share } from './capital-shares.ts'
import { senderBefore } from './expected-position.ts'
import type { CalculationStep, LegDecision, LegIntent, SignalIntent } from './intent.ts'
import type { Part } from './parts.ts'
import type { DecisionState } from './state.ts'
import { tradingPrice } from './trading-price.ts'

export interface EntryQuestion {
  signal: SignalIntent
  part: Part
  /** Its place among the parts. */
  index: number
  order_id: string
  /** Its part of the strategy's capital. */
  share: Share
  /** Before any entry of this signal was decided: what the capital is measured by. */
  whole: DecisionState
  /** With the entries of this signal that were decided before. */
  state: DecisionState
  /** Units that an opposite leg of the same signal takes back: they need no margin (CER-8). */
  offset: Decimal
  now: Date
}

/** Sizes an entry and runs every check on it, in order. */
export function decideEntry(question: EntryQuestion): LegDecision {
  const { order_id } = question
  const candidate = candidateOf(question)
  const calculation = [sizeStep(candidate)]
  const base = baseOf(question, candidate, calculation)
  const taken = question.state.reserved.get(order_id)
  let quantity = taken ?? candidate.wanted_quantity
  for (const { name, check, cuts, answered } of entryChecks) {
    const result = check(quantity, candidate)
    base.cvar = result.cvar ?? base.cvar
    if (taken && answered) {
      // What it takes of a limit is its own already, and is not among what is free.
      calculation.push({ step: name, result: 'taken again', figures: { quantity: taken.toString() } })
      continue
    }
    if (result.kind === 'denied') {
      calculation.push({ step: name, result: 'denied', figures: result.figures })
      return { ...base, decision: 'DENIED', reason_code: result.code, reason: result.reason }
    }
    const cut = result.quantity.lt(quantity)
    calculation.push({
      step: name,
      result: cut ? 'cut' : 'passed',
      figures: { ...result.figures, ...(cut ? cutFigures(quantity, result.quantity) : {}) },
    })
    if (cut) base.cut_by = cuts ?? null
    quantity = result.quantity
  }
  return approved({ base, candidate, quantity, order_id })
}

const cutFigures = (wanted: Decimal, granted: Decimal) => ({ wanted: wanted.toString(), granted: granted.toString() })

/** An entry with the size that its capital gives it, before any check. */
export function candidateOf({ signal, part, whole, state, offset, now, share }: Omit<EntryQuestion, 'order_id' | 'index'>): Candidate {
  const leg = signal.legs[part.leg] as LegIntent
  const { strategy, allocation, fund, account } = whole
  const weighted = allocation.percent?.gt(0) ?? false
  const allocation_pct = weighted ? (allocation.percent ?? ZERO) : whole.trading_mode === 'PAPER' ? whole.test_allocation_pct : ZERO
  const accountRate = account ? whole.rates.get(account.currency) : undefined
  const equity = weighted ? fund.pool?.equity : accountRate && account?.pool?.equity.times(accountRate)
  const allocated_capital = (equity ?? ZERO).times(allocation_pct).div(HUNDRED)
  const deployed = deployedCapital(whole)
  const left = Decimal.max(ZERO, allocated_capital.minus(deployed ?? allocated_capital))
  const available_capital = left.times(share.of).div(share.all)
  const instrument = state.instruments.get(leg.instrument_id) ?? null
  const fx = (instrument && state.rates.get(instrument.currency)) ?? null
  const price = tradingPrice(leg, state)
  const { notional_per_capital } = strategy
  const cap = upperBound(signal, part, whole)
  const wanted_quantity =
    instrument && fx && price?.gt(0) ? entrySize({ capital: available_capital, notional_per_capital, instrument, price, fx, cap }) : ZERO
  const sizes = { allocation_pct, allocated_capital, deployed, available_capital, wanted_quantity }
  return { signal, leg, now, state, instrument, price, fx, offset, ...sizes }
}

/**
 * The most that a sender's own figures allow, in units: what they ask for where the strategy says so (of a reversal only what is left after
 * its exit), and of a scale-in the fraction of ours that they add to theirs. Null where there is no such bound.
 */
function upperBound(signal: SignalIntent, { leg: index, reverses }: Part, state: DecisionState): Decimal | null {
  const { position_after } = signal
  const { strategy, positions } = state
  const leg = signal.legs[index] as LegIntent
  if (strategy.sizing === 'requested_cap') return reverses ? (position_after?.abs() ?? null) : leg.requested_quantity
  const position = positions.find(({ instrument_id }) => instrument_id === leg.instrument_id)?.quantity
  // What is less than a lot is what fees have left of something that was closed.
  const held = position?.abs().gte(state.instruments.get(leg.instrument_id)?.lot ?? 0) ? position : undefined
  const before = index === 0 && !reverses ? senderBefore(signal, state) : null
  if (!held || held.isZero() || before === null || before.isZero() || position_after === null) return null
  const long = leg.action === 'BUY'
  const added = long ? position_after.minus(before) : before.minus(position_after)
  const alongside = held.isPositive() === long && before.isPositive() === long && added.gt(0)
  return alongside ? held.abs().times(added).div(before.abs()) : null
}

const sizeStep = ({
  allocation_pct,
  allocated_capital,
  deployed,
  available_capital,
  price,
  wanted_quantity,
}: Candidate): CalculationStep => ({
  step: 'size',
  result: 'computed',
  figures: {
    allocation_pct: allocation_pct.toString(),
    allocated_capital: allocated_capital.toFixed(2),
    deployed: deployed?.toFixed(2) ?? 'unknown',
    available_capital: available_capital.toFixed(2),
    price: price?.toString() ?? 'none',
    wanted_quantity: wanted_quantity.toString(),
  },
})

type Base = Omit<LegDecision, 'decision' | 'reason_code' | 'reason'>

const baseOf = ({ part: { leg, reverses }, index }: EntryQuestion, candidate: Candidate, calculation: CalculationStep[]): Base => ({
  part: index,
  leg,
  signal_type: 'ENTRY',
  reverses,
  wanted_quantity: candidate.wanted_quantity,
  position_size: ZERO,
  price: candidate.price,
  cut_by: null,
  cvar: null,
  value: ZERO,
  margin: ZERO,
  allocation_pct: candidate.allocation_pct,
  available_capital: candidate.available_capital,
  calculation,
  orders: [],
  reservations: [],
  claims: [],
  waiting_for: [],
})

/**
 * An entry that may not go out before what is held on the other side is closed (CER-7); it is decided on fresh state then, unless it has
 * become too old by then.
 */
export function awaitExit(question: EntryQuestion, waiting_for: string[]): LegDecision {
  const candidate = candidateOf(question)
  const base = baseOf(question, candidate, [{ step: 'reversal', result: 'waits', figures: { until_closed: waiting_for.join(' ') } }])
  const age = expired(candidate.wanted_quantity, candidate)
  if (age.kind === 'denied') {
    const calculation = [{ step: 'signal age', result: 'denied', figures: age.figures }]
    return { ...base, calculation, decision: 'DENIED', reason_code: age.code, reason: age.reason }
  }
  const reason = `${candidate.leg.action} ${candidate.leg.instrument.symbol}: enters once the exit has filled`
  return { ...base, decision: 'HELD', reason_code: null, reason, waiting_for }
}

const maxSlippage = ({ state: { strategy, limits } }: Candidate): number | null =>
  strategy.expected_alpha === null ? null : Math.max(0, strategy.expected_alpha * limits.slippage_limit)

interface Grant {
  base: Base
  candidate: Candidate
  quantity: Decimal
  order_id: string
}

const UNIT_VALUE_DECIMALS = 12

function approved({ base, candidate, quantity, order_id }: Grant): LegDecision {
  const { leg, instrument, price, fx } = candidate
  const { instrument_id, action } = leg
  const need = entryMargin(candidate, quantity) ?? { amount: ZERO, cash: ZERO, amount_fund: ZERO }
  // Divided rates have no end: kept to places that the ledger keeps, too.
  const unit_value = instrument && fx ? instrument.multiplier.times(fx).toDecimalPlaces(UNIT_VALUE_DECIMALS) : ZERO
  const value = instrument && price && fx ? quantity.times(price).times(instrument.multiplier).times(fx) : ZERO
  const cut = quantity.lt(base.wanted_quantity) ? `, cut from ${base.wanted_quantity} by ${base.cut_by}` : ''
  return {
    ...base,
    decision: 'APPROVED',
    reason_code: null,
    reason: `${action} ${quantity} ${leg.instrument.symbol}: ${value.toFixed(2)} of ${base.available_capital.toFixed(2)} available${cut}`,
    position_size: quantity,
    value,
    margin: need.amount_fund,
    orders: [
      {
        order_id,
        command: 'PLACE',
        target_order_id: null,
        leg: base.leg,
        action,
        quantity,
        is_exit: false,
        max_slippage: maxSlippage(candidate),
      },
    ],
    reservations: [{ order_id, instrument_id, action, quantity, price: price ?? ZERO, unit_value, ...need }],
  }
}
