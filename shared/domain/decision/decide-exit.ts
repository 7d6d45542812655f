import { sentence } from '../errors.ts'
import { Decimal, floorToStep, sum, ZERO } from '../money/decimal.ts'
import type { ReasonCode } from '../reason-codes.ts'
import { valueInFund } from '../sizing/value-in-fund.ts'
import type { LegDecision, LegIntent, PlannedOrder, SignalIntent } from './intent.ts'
import { type DecisionState, strictest } from './state.ts'

export interface ExitQuestion {
  signal: SignalIntent
  leg: number
  state: DecisionState
  /** Orders that earlier rounds of this decision made; later ones are numbered after them. */
  earlierOrders: number
}

/**
 * An exit (CER-7): cancels the strategy's working entries in the instrument and closes the position less what working exits have claimed.
 * While entries still work the decision waits for their end, and what filled meanwhile is closed under the same exit.
 */
export function decideExit({ signal, leg: index, state, earlierOrders }: ExitQuestion): LegDecision {
  const leg = signal.legs[index] as LegIntent
  const held = state.positions.find(({ instrument_id }) => instrument_id === leg.instrument_id)
  const entries = state.working.filter(({ instrument_id, action }) => instrument_id === leg.instrument_id && action !== leg.action)
  const closes = held && !held.quantity.isZero() && held.quantity.isPositive() === (leg.action === 'SELL')
  const position = closes ? held.quantity.abs() : ZERO
  const order_id = exitOrderId(signal.signal_id, index, earlierOrders)
  // What this very order claimed before its process died is its own.
  const others = held?.closing.filter(claim => claim.order_id !== order_id) ?? []
  const claimed = closes ? sum(others.map(({ quantity }) => quantity)) : ZERO
  const free = Decimal.max(ZERO, position.minus(claimed))
  const wanted = Decimal.min(free, partOf({ signal, leg, state, position }) ?? free)
  const figures = {
    position: position.toString(),
    claimed: claimed.toString(),
    working_entries: String(entries.length),
    closing: wanted.toString(),
  }
  const base = baseOf(index, wanted, { step: 'exit', result: 'computed', figures })

  if (strictest(state.kill_switch) === 'HALTED') {
    return {
      ...base,
      decision: 'HELD',
      reason_code: 'KILL_SWITCH',
      reason: sentence('KILL_SWITCH', { ...state.kill_switch, exit: 'held until the halt ends' }),
    }
  }
  const refuse = (code: ReasonCode): LegDecision => ({ ...base, decision: 'DENIED', reason_code: code, reason: sentence(code, figures) })
  if (position.isZero() && entries.length === 0) return refuse('NOTHING_TO_EXIT')
  if (wanted.isZero() && entries.length === 0) return refuse(free.isZero() ? 'ALREADY_EXITING' : 'BELOW_MIN_SIZE')

  const place: PlannedOrder = {
    order_id,
    command: 'PLACE',
    target_order_id: null,
    leg: index,
    action: leg.action,
    quantity: wanted,
    is_exit: true,
  }
  return {
    ...base,
    decision: 'APPROVED',
    reason_code: null,
    reason: `${leg.action} ${wanted} ${leg.instrument.symbol}: closes ${wanted} of ${position}${entries.length > 0 ? `, cancels ${entries.length} working entries` : ''}`,
    position_size: wanted,
    value: valueInFund(state, { instrument_id: leg.instrument_id, quantity: wanted, price: null }) ?? ZERO,
    orders: [
      ...entries.map(entry => cancelOf(entry.order_id, entry.quantity, { order_id, leg: index, action: leg.action })),
      ...(wanted.gt(0) ? [place] : []),
    ],
    claims: wanted.gt(0) ? [{ order_id, instrument_id: leg.instrument_id, quantity: wanted }] : [],
    waiting_for: entries.map(entry => entry.order_id),
  }
}

const exitOrderId = (signal_id: string, leg: number, earlier: number): string =>
  `${signal_id}_ORD${leg === 0 ? '' : leg + 1}${earlier === 0 ? '' : `_R${earlier}`}`

const cancelOf = (
  target: string,
  quantity: Decimal,
  { order_id, leg, action }: Pick<PlannedOrder, 'order_id' | 'leg' | 'action'>,
): PlannedOrder => ({
  order_id: `${order_id}_C_${target}`,
  command: 'CANCEL',
  target_order_id: target,
  leg,
  action,
  quantity,
  is_exit: true,
})

interface PartQuestion {
  signal: SignalIntent
  leg: LegIntent
  state: DecisionState
  position: Decimal
}

/** How much of ours to close where the sender closes a part of theirs; null for all of it. */
function partOf({ signal: { position_after, source }, leg, state, position }: PartQuestion): Decimal | null {
  const { requested_quantity } = leg
  if (requested_quantity === null) return null
  const lot = state.instruments.get(leg.instrument_id)?.lot
  const whole = (part: Decimal) => (lot ? floorToStep(part, lot) : part)
  const staysOnSide = position_after !== null && !position_after.isZero() && position_after.isPositive() === (leg.action === 'SELL')
  // Multiplied first: a fraction such as a third would lose a lot.
  if (staysOnSide) return whole(position.times(requested_quantity).div(requested_quantity.plus(position_after.abs())))
  const isCap = state.strategy.sizing === 'requested_cap' || source === 'system'
  return isCap && requested_quantity.lt(position) ? whole(requested_quantity) : null
}

const baseOf = (
  leg: number,
  wanted: Decimal,
  step: LegDecision['calculation'][number],
): Omit<LegDecision, 'decision' | 'reason_code' | 'reason'> => ({
  leg,
  signal_type: 'EXIT',
  wanted_quantity: wanted,
  position_size: ZERO,
  value: ZERO,
  margin: ZERO,
  allocation_pct: ZERO,
  available_capital: ZERO,
  calculation: [step],
  orders: [],
  reservations: [],
  claims: [],
  waiting_for: [],
})
