import { sentence } from '../errors.ts'
import { Decimal, floorToStep, sum, ZERO } from '../money/decimal.ts'
import type { ReasonCode } from '../reason-codes.ts'
import { valueInFund } from '../sizing/value-in-fund.ts'
import { type EarlierDecision, filledSince, placedBy, waitedBy } from './earlier.ts'
import { senderBefore } from './expected-position.ts'
import type { CalculationStep, LegDecision, LegIntent, PlannedOrder, SignalIntent } from './intent.ts'
import { rungOf } from './order-ids.ts'
import type { Part } from './parts.ts'
import { type DecisionState, strictest } from './state.ts'

export interface ExitQuestion {
  signal: SignalIntent
  part: Part
  /** Its place among the parts. */
  index: number
  state: DecisionState
  /** Of its first order. */
  order_id: string
  /** What was decided before; null for a new signal. */
  earlier: EarlierDecision | null
}

/**
 * An exit (CER-7): cancels the strategy's working entries in the instrument and closes the position less what working exits have claimed.
 * While entries still work the decision waits for their end, and what filled meanwhile is closed under the same exit.
 */
export function decideExit(question: ExitQuestion): LegDecision {
  const { earlier, index, order_id } = question
  const before = earlier?.parts[index]
  return earlier && before?.decision === 'APPROVED' && waitedBy(earlier, order_id).length > 0
    ? closeLateFills(question, earlier)
    : closePosition(question)
}

function closePosition(question: ExitQuestion): LegDecision {
  const { signal, part, state, earlier } = question
  const leg = signal.legs[part.leg] as LegIntent
  const entries = state.working.filter(({ instrument_id, action }) => instrument_id === leg.instrument_id && action !== leg.action)
  const order_id = rungOf(question.order_id, earlier ? placedBy(earlier, question.order_id) : 0)
  const { position, claimed, free } = openPart(leg, state, order_id)
  const asked = askedPart({ signal, leg, state, position })
  const wanted = inLots(state, leg, Decimal.min(free, asked.quantity ?? free))
  const figures = {
    position: position.toString(),
    claimed: claimed.toString(),
    working_entries: String(entries.length),
    closing: wanted.toString(),
  }
  const told: CalculationStep[] = asked.part === null ? [] : [{ step: 'part', result: 'computed', figures: { part: asked.part } }]
  const base = baseOf(question, wanted, [{ step: 'exit', result: 'computed', figures }, ...told])

  if (strictest(state.kill_switch) === 'HALTED') {
    return {
      ...base,
      decision: 'HELD',
      reason_code: 'KILL_SWITCH',
      reason: sentence('KILL_SWITCH', { ...state.kill_switch, exit: 'held until the halt ends' }),
    }
  }
  const refuse = (code: ReasonCode): LegDecision => ({ ...base, decision: 'DENIED', reason_code: code, reason: sentence(code, figures) })
  if (inLots(state, leg, position).isZero() && entries.length === 0) return refuse('NOTHING_TO_EXIT')
  if (wanted.isZero() && entries.length === 0) return refuse(free.isZero() ? 'ALREADY_EXITING' : 'BELOW_MIN_SIZE')
  const cancels = entries.map(({ order_id: target, quantity }) =>
    cancelOf({ target, quantity, order_id, leg: part.leg, action: leg.action }),
  )
  return {
    ...closing({ base, leg, state, quantity: wanted, order_id }, cancels),
    reason: `${leg.action} ${wanted} ${leg.instrument.symbol}: closes ${wanted} of ${position}${dustLeft(state, leg, position.minus(wanted))}${entries.length > 0 ? `, cancels ${entries.length} working entries` : ''}`,
    waiting_for: entries.map(entry => entry.order_id),
  }
}

/** Closes what canceled entries filled after the exit was decided, and nothing that came later; while HALTED it waits on. */
function closeLateFills(question: ExitQuestion, earlier: EarlierDecision): LegDecision {
  const { signal, part, index, state } = question
  const leg = signal.legs[part.leg] as LegIntent
  const before = earlier.parts[index]
  const order_id = rungOf(question.order_id, placedBy(earlier, question.order_id))
  const { position, claimed, free } = openPart(leg, state, order_id)
  const late = filledSince(earlier, question.order_id)
  const owed = late.plus(before?.wanted_quantity ?? ZERO).minus(before?.position_size ?? ZERO)
  const quantity = inLots(state, leg, Decimal.max(ZERO, Decimal.min(free, owed)))
  const halted = strictest(state.kill_switch) === 'HALTED'
  const figures = {
    filled_since: late.toString(),
    position: position.toString(),
    claimed: claimed.toString(),
    closing: quantity.toString(),
  }
  const base = baseOf(question, quantity, [{ step: 'late fills', result: halted ? 'held' : 'computed', figures }])
  const waited = waitedBy(earlier, question.order_id)
  const working = waited.filter(id => state.working.some(entry => entry.order_id === id))
  if (halted) return { ...base, decision: 'APPROVED', reason_code: null, reason: '', waiting_for: waited }
  return { ...closing({ base, leg, state, quantity, order_id }, []), reason: '', waiting_for: working }
}

/** As much as can be sent: what a fee in kind leaves beside whole lots stays, and goes with the next exit that makes it one. */
const inLots = ({ instruments }: DecisionState, { instrument_id }: LegIntent, quantity: Decimal): Decimal => {
  const lot = instruments.get(instrument_id)?.lot
  return lot ? floorToStep(quantity, lot) : quantity
}

const dustLeft = ({ instruments }: DecisionState, { instrument_id }: LegIntent, left: Decimal): string => {
  const lot = instruments.get(instrument_id)?.lot
  return lot && left.gt(0) && left.lt(lot) ? ` (${left} is less than a lot of ${lot} and stays)` : ''
}

/** What of a position an order may close: all of it but what others have claimed. */
function openPart(leg: LegIntent, { positions }: DecisionState, order_id: string): { position: Decimal; claimed: Decimal; free: Decimal } {
  const held = positions.find(({ instrument_id }) => instrument_id === leg.instrument_id)
  if (!held || held.quantity.isZero() || held.quantity.isPositive() !== (leg.action === 'SELL')) {
    return { position: ZERO, claimed: ZERO, free: ZERO }
  }
  const position = held.quantity.abs()
  // What this very order claimed before its process died is its own.
  const claimed = sum(held.closing.filter(claim => claim.order_id !== order_id).map(({ quantity }) => quantity))
  return { position, claimed, free: Decimal.max(ZERO, position.minus(claimed)) }
}

interface Closing {
  base: Omit<LegDecision, 'decision' | 'reason_code' | 'reason'>
  leg: LegIntent
  state: DecisionState
  quantity: Decimal
  order_id: string
}

function closing({ base, leg, state, quantity, order_id }: Closing, cancels: PlannedOrder[]): Omit<LegDecision, 'reason'> {
  const { instrument_id, action } = leg
  const place: PlannedOrder = {
    order_id,
    command: 'PLACE',
    target_order_id: null,
    leg: base.leg,
    action,
    quantity,
    is_exit: true,
    max_slippage: null,
  }
  return {
    ...base,
    decision: 'APPROVED',
    reason_code: null,
    position_size: quantity,
    value: valueInFund(state, { instrument_id, quantity, price: null }) ?? ZERO,
    orders: [...cancels, ...(quantity.gt(0) ? [place] : [])],
    claims: quantity.gt(0) ? [{ order_id, instrument_id, quantity }] : [],
  }
}

interface Cancel extends Pick<PlannedOrder, 'order_id' | 'leg' | 'action' | 'quantity'> {
  target: string
}

const cancelOf = ({ target, order_id, ...rest }: Cancel): PlannedOrder => ({
  ...rest,
  order_id: `${order_id}_C_${target}`,
  command: 'CANCEL',
  target_order_id: target,
  is_exit: true,
  max_slippage: null,
})

interface PartQuestion {
  signal: SignalIntent
  leg: LegIntent
  state: DecisionState
  position: Decimal
}

interface AskedPart {
  /** Units of ours; null for all of it. */
  quantity: Decimal | null
  /** In words; null where nothing but all of it was asked for. */
  part: string | null
}

const ALL: AskedPart = { quantity: null, part: null }

/** How much of ours to close: the fraction that the sender closes of theirs, or their quantity where it is a bound; else all. */
function askedPart({ signal, leg, state, position }: PartQuestion): AskedPart {
  const { requested_quantity } = leg
  const whole = (part: Decimal) => inLots(state, leg, part)
  // A signal tells one position: that of its first leg.
  if (signal.position_after !== null && signal.legs[0]?.instrument_id === leg.instrument_id) {
    const before = senderBefore(signal, state)?.abs()
    const after = signal.position_after.abs()
    const staysOnSide = !after.isZero() && signal.position_after.isPositive() === (leg.action === 'SELL')
    if (!staysOnSide) return ALL
    if (!before?.gt(after)) return { quantity: null, part: 'all, since nothing tells what the sender held before' }
    const closed = before.minus(after)
    // Multiplied first: a fraction such as a third would lose a lot.
    return { quantity: whole(position.times(closed).div(before)), part: `${closed} of ${before}, as the sender` }
  }
  const isCap = state.strategy.sizing === 'requested_cap' || signal.source === 'system'
  return isCap && requested_quantity?.lt(position) ? { quantity: whole(requested_quantity), part: 'as much as was asked for' } : ALL
}

const baseOf = (
  { part: { leg, reverses }, index }: ExitQuestion,
  wanted: Decimal,
  calculation: CalculationStep[],
): Omit<LegDecision, 'decision' | 'reason_code' | 'reason'> => ({
  part: index,
  leg,
  signal_type: 'EXIT',
  reverses,
  wanted_quantity: wanted,
  position_size: ZERO,
  price: null,
  cut_by: null,
  cvar: null,
  value: ZERO,
  margin: ZERO,
  allocation_pct: ZERO,
  available_capital: ZERO,
  calculation,
  orders: [],
  reservations: [],
  claims: [],
  waiting_for: [],
})
