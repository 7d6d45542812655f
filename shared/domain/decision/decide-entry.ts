import type { Quote } from '../instrument.ts'
import { Decimal, HUNDRED, ZERO } from '../money/decimal.ts'
import type { Candidate } from '../risk/check.ts'
import { entryChecks } from '../risk/entry-checks.ts'
import { entryMargin, marginLimit } from '../risk/margin-limit.ts'
import { deployedCapital } from '../sizing/deployed.ts'
import { entrySize } from '../sizing/entry-size.ts'
import type { CalculationStep, LegDecision, LegIntent, SignalIntent } from './intent.ts'
import type { DecisionState } from './state.ts'

export interface EntryQuestion {
  signal: SignalIntent
  leg: number
  /** How many entry legs share the strategy's capital. */
  shares: number
  state: DecisionState
  now: Date
}

/** Sizes an entry and runs every check on it, in order. */
export function decideEntry(question: EntryQuestion): LegDecision {
  const intent = question.signal.legs[question.leg] as LegIntent
  const order_id = entryOrderId(question.signal.signal_id, question.leg)
  const candidate = candidateOf(question, intent)
  const calculation = [sizeStep(candidate)]
  const base = baseOf(question, candidate, calculation)
  const taken = question.state.reserved.get(order_id)
  let quantity = taken ?? candidate.wanted_quantity
  for (const { name, check } of entryChecks) {
    if (taken && check === marginLimit) {
      // Its margin is its own already, and is not among what is free.
      calculation.push({ step: name, result: 'taken again', figures: { quantity: taken.toString() } })
      continue
    }
    const result = check(quantity, candidate)
    if (result.kind === 'denied') {
      calculation.push({ step: name, result: 'denied', figures: result.figures })
      return { ...base, decision: 'DENIED', reason_code: result.code, reason: result.reason }
    }
    calculation.push({ step: name, result: result.quantity.lt(quantity) ? 'cut' : 'passed', figures: result.figures ?? {} })
    quantity = result.quantity
  }
  return approved({ base, candidate, quantity, order_id })
}

const entryOrderId = (signal_id: string, leg: number): string => `${signal_id}_ORD${leg === 0 ? '' : leg + 1}`

/** What it would trade at now: the ask for a BUY, the bid for a SELL, else what the signal says. */
const priceOf = (quote: Quote | undefined, { action, price }: LegIntent): Decimal | null =>
  quote ? (action === 'BUY' ? quote.ask : quote.bid) : price

function candidateOf({ signal, state, now, shares }: EntryQuestion, leg: LegIntent): Candidate {
  const { strategy, allocation, fund, account } = state
  const weighted = allocation.percent?.gt(0) ?? false
  const allocation_pct = weighted ? (allocation.percent ?? ZERO) : state.trading_mode === 'PAPER' ? state.test_allocation_pct : ZERO
  const accountRate = account ? state.rates.get(account.currency) : undefined
  const equity = weighted ? fund.pool?.equity : accountRate && account?.pool?.equity.times(accountRate)
  const allocated_capital = (equity ?? ZERO).times(allocation_pct).div(HUNDRED)
  const deployed = deployedCapital(state)
  const available_capital = Decimal.max(ZERO, allocated_capital.minus(deployed ?? allocated_capital)).div(shares)
  const instrument = state.instruments.get(leg.instrument_id) ?? null
  const fx = (instrument && state.rates.get(instrument.currency)) ?? null
  const price = priceOf(state.quotes.get(leg.instrument_id), leg)
  const cap = strategy.sizing === 'requested_cap' ? leg.requested_quantity : null
  const { notional_per_capital } = strategy
  const wanted_quantity =
    instrument && fx && price?.gt(0) ? entrySize({ capital: available_capital, notional_per_capital, instrument, price, fx, cap }) : ZERO
  return { signal, leg, now, state, instrument, price, fx, allocation_pct, allocated_capital, deployed, available_capital, wanted_quantity }
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

const baseOf = ({ leg }: EntryQuestion, candidate: Candidate, calculation: CalculationStep[]): Base => ({
  leg,
  signal_type: 'ENTRY',
  wanted_quantity: candidate.wanted_quantity,
  position_size: ZERO,
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

interface Grant {
  base: Base
  candidate: Candidate
  quantity: Decimal
  order_id: string
}

function approved({ base, candidate, quantity, order_id }: Grant): LegDecision {
  const { leg, instrument, price, fx } = candidate
  const { instrument_id, action } = leg
  const need = entryMargin(candidate, quantity) ?? { amount: ZERO, cash: ZERO, amount_fund: ZERO }
  const value = instrument && price && fx ? quantity.times(price).times(instrument.multiplier).times(fx) : ZERO
  const cut = quantity.lt(base.wanted_quantity) ? `, cut from ${base.wanted_quantity} by its limits` : ''
  return {
    ...base,
    decision: 'APPROVED',
    reason_code: null,
    reason: `${action} ${quantity} ${leg.instrument.symbol}: ${value.toFixed(2)} of ${base.available_capital.toFixed(2)} available${cut}`,
    position_size: quantity,
    value,
    margin: need.amount_fund,
    orders: [{ order_id, command: 'PLACE', target_order_id: null, leg: base.leg, action, quantity, is_exit: false }],
    reservations: [{ order_id, instrument_id, action, quantity, price: price ?? ZERO, ...need }],
  }
}
