import { senderReason } from '../../shared/domain/decision/in-words.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import { phasesOf } from '../../shared/domain/signal/phases.ts'
import { senderStatus } from '../../shared/domain/signal/states.ts'
import type { SignalTrail } from '../../shared/messages/dashboards.ts'
import { decisionsOf, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Fill, fillsOfSignals } from '../../shared/store/fills.ts'
import { ordersOfSignal, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { signalById } from '../../shared/store/trading-signals.ts'

/** What became of one signal of a strategy; null where the strategy has none of this id. */
export async function readTrail(
  store: Store,
  { strategy_id, signal_id }: { strategy_id: string; signal_id: string },
): Promise<SignalTrail | null> {
  const [signal, decisions, orders, fills] = await Promise.all([
    signalById(store, signal_id),
    decisionsOf(store, [signal_id]),
    ordersOfSignal(store, signal_id),
    fillsOfSignals(store, [signal_id]),
  ])
  if (signal?.strategy_id !== strategy_id) return null
  const states = [...signal.states].sort((one, other) => one.at.getTime() - other.at.getTime())
  return {
    signal_id,
    status: senderStatus(signal.status),
    state: signal.status,
    states: states.map(({ state, at }) => ({ state, at: at.toISOString() })),
    phases_ms: phasesOf(states),
    cerebro_decision: shownDecision(decisions.get(signal_id)),
    orders: orders.map(shownOrder),
    execution: fills.length === 0 ? null : shownExecution(fills),
  }
}

const shownDecision = (decision: StoredDecision | undefined): SignalTrail['cerebro_decision'] =>
  decision
    ? {
        decision: decision.decision,
        approved: decision.approved,
        reason_code: decision.reason_code,
        reason: senderReason(decision, decision.calculation),
        signal_type: decision.legs[0]?.signal_type ?? null,
        allocation_pct: decision.allocation_pct.toNumber(),
        available_capital: decision.available_capital.toNumber(),
        wanted_quantity: decision.wanted_quantity.toNumber(),
        position_size: decision.position_size.toNumber(),
        position_size_usd: decision.position_size_usd.toNumber(),
        timestamp: decision.timestamp.toISOString(),
      }
    : null

const shownOrder = (order: StoredOrder): SignalTrail['orders'][number] => ({
  order_id: order.order_id,
  broker_order_id: order.broker_order_id,
  ticker: order.instrument.symbol,
  action: order.action,
  quantity: order.quantity.toNumber(),
  order_type: order.order_type,
  status: order.status,
  is_exit: order.is_exit,
  filled_quantity: order.filled_qty.toNumber(),
  avg_fill_price: order.avg_fill_price?.toNumber() ?? null,
  reason: order.reason,
})

function shownExecution(fills: Fill[]): SignalTrail['execution'] {
  const quantity = sum(fills.map(fill => fill.quantity))
  return {
    filled_quantity: quantity.toNumber(),
    avg_fill_price: sum(fills.map(fill => fill.quantity.times(fill.price)))
      .div(quantity)
      .toNumber(),
    commission: sum(fills.map(({ commission }) => commission)).toNumber(),
    fills: fills.map(({ execution_id, quantity: filled, price, commission, time }) => ({
      execution_id,
      quantity: filled.toNumber(),
      price: price.toNumber(),
      commission: commission.toNumber(),
      time: time.toISOString(),
    })),
  }
}
