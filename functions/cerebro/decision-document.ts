import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import type { CalculationStep, LegDecision, PlannedOrder } from '../../shared/domain/decision/intent.ts'
import { sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { entryType } from '../../shared/domain/order/entry-type.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import type { Leg, StandardizedSignal } from '../../shared/messages/signal.ts'
import { routeOf } from '../../shared/store/account-hierarchy.ts'
import { orderMessage, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import { decisionAlerts } from './alerts.ts'
import type { LoadedState } from './load-state.ts'
import { reservationsOf } from './take.ts'

interface Drafting {
  signal: StandardizedSignal
  loaded: Omit<LoadedState, 'bookOf' | 'ledger'>
  legs: LegDecision[]
  /** What was taken of the account for it. */
  taken: CalculationStep[]
  cerebro_version: string
  now: Date
}

/** A decision as it is stored and shown (CER-10), with the messages that carry its orders. */
export function decisionDocument(drafting: Drafting): StoredDecision {
  const { signal, loaded, legs, taken, cerebro_version, now } = drafting
  const { state, placed } = loaded
  const [first] = legs
  const orders = legs.flatMap(leg => leg.orders.map(planned => orderCommand(drafting, planned)))
  const outcome = outcomeOf(legs)
  const route = placed ? routeOf(placed.broker) : 'direct'
  const reservations = reservationsOf(drafting)
  return {
    signal_id: signal.signal_id,
    strategy_id: signal.strategy_id,
    cerebro_version,
    timestamp: now,
    ticker: signal.legs[0]?.instrument.symbol ?? '',
    action: signal.legs[0]?.action ?? 'BUY',
    decision: outcome,
    approved: outcome === 'APPROVED',
    reason_code: first?.reason_code ?? null,
    reason: first?.reason ?? '',
    account_id: placed?.account.account_id ?? null,
    trading_mode: loaded.mode,
    allocation_id: state.allocation.allocation_id,
    allocation_pct: first?.allocation_pct ?? ZERO,
    available_capital: first?.available_capital ?? ZERO,
    wanted_quantity: first?.wanted_quantity ?? ZERO,
    position_size: first?.position_size ?? ZERO,
    position_size_usd: sum(legs.map(({ value }) => value)),
    margin_impact: sum(legs.map(({ margin }) => margin)),
    cut_by: first?.cut_by ?? null,
    ...cvarOf(legs),
    calculation: [...legs.flatMap(({ calculation }) => calculation), ...taken],
    legs: legs.map(({ leg, signal_type, reverses, decision, reason_code, reason, wanted_quantity, position_size, price }) => ({
      ticker: signal.legs[leg]?.instrument.symbol ?? '',
      action: signal.legs[leg]?.action ?? 'BUY',
      signal_type,
      decision,
      reason_code,
      reason,
      wanted_quantity,
      position_size,
      leg,
      reverses,
      price,
    })),
    reservations,
    route,
    orders,
    waiting_for: [...new Set(legs.flatMap(({ waiting_for }) => waiting_for))],
    ...(legs.some(isDropped) ? { counterfactual_pending: true as const } : {}),
    round: 0,
    outbox: [
      ...orders.map(order => orderMessage(order, { at: now, route })),
      ...(loaded.mode === 'SHADOW' ? [] : decisionAlerts({ signal, legs, at: now })),
    ],
  }
}

/** Before the first entry and after the last; null where CVaR was not asked for. */
function cvarOf(legs: readonly LegDecision[]): Pick<StoredDecision, 'cvar_before' | 'cvar_after' | 'cvar_marginal'> {
  const changes = legs.flatMap(({ cvar }) => cvar ?? [])
  const [first, last] = [changes.at(0), changes.at(-1)]
  if (!first || !last) return { cvar_before: null, cvar_after: null, cvar_marginal: null }
  return { cvar_before: first.before, cvar_after: last.after, cvar_marginal: Number((last.after - first.before).toFixed(12)) }
}

/** A denied entry that had a price: what it would have made is computed later (CER-5). */
const isDropped = ({ signal_type, decision, price }: LegDecision): boolean =>
  signal_type === 'ENTRY' && decision === 'DENIED' && (price?.gt(0) ?? false)

/** APPROVED if any leg is (CER-10); else HELD if any is, since then it will be decided again. */
export const outcomeOf = (legs: readonly { decision: StoredDecision['decision'] }[]): StoredDecision['decision'] =>
  (['APPROVED', 'HELD'] as const).find(outcome => legs.some(({ decision }) => decision === outcome)) ?? 'DENIED'

/** An exit is a plain MARKET order: nothing that the entry's type carried may keep it from being taken. */
const exitTerms = {
  order_type: 'MARKET',
  time_in_force: 'DAY',
  limit_price: null,
  stop_price: null,
  stop_loss: null,
  take_profit: null,
  trail_pct: null,
  expires_at: null,
} as const

function orderCommand({ signal, loaded }: Drafting, planned: PlannedOrder): OrderCommand {
  const { placed, client_ids } = loaded
  const leg = signal.legs[planned.leg] as Leg
  return {
    command: planned.command,
    target_order_id: planned.target_order_id,
    order_id: planned.order_id,
    client_order_id: clientOrderId(planned.order_id, client_ids),
    signal_id: signal.signal_id,
    strategy_id: signal.strategy_id,
    account_id: placed?.account.account_id ?? '',
    broker_id: placed?.broker.broker_id ?? '',
    trading_mode: loaded.mode,
    instrument_id: leg.instrument_id,
    instrument: leg.instrument,
    action: planned.action,
    quantity: planned.quantity,
    order_type: entryType(leg),
    limit_price: leg.limit_price,
    stop_price: leg.stop_price,
    stop_loss: leg.stop_loss,
    take_profit: leg.take_profit,
    trail_amount: null,
    trail_pct: leg.trail_pct,
    time_in_force: leg.time_in_force,
    expires_at: leg.expires_at,
    ...(planned.is_exit ? exitTerms : {}),
    is_exit: planned.is_exit,
    max_slippage: planned.max_slippage,
    signal_received_at: signal.received_at,
  }
}
