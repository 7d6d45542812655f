import type { Broker, PlaceResult } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import type { ReasonCode } from '../../shared/domain/reason-codes.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { ledgerOf } from '../../shared/store/margin-ledger.ts'
import { confirmationMessage, type OrderReport, recordReport } from '../../shared/store/order-events.ts'
import { insertOrder, orderById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import type { Execution } from './handler.ts'

/** Places an order once: its intent is stored before anything is sent, and an attempt without an answer is asked for, not repeated. */
export async function placeOrder(execution: Execution, command: OrderCommand, now: Date): Promise<StoredOrder> {
  const { store } = execution
  const earlier = await orderById(store, command.order_id)
  if (earlier) return resume(execution, earlier, now)
  const refusal = await localRefusal(execution, command, now)
  const stored = await insertOrder(store, refusal ? denied(command, refusal, now) : intent(command, now))
  if (refusal) return stored
  crashPoint('execute-order:intent-stored')
  return send(execution, stored, now)
}

interface Refusal {
  status: 'DENIED' | 'EXPIRED'
  reason: string
}

/** What forbids sending it, before any network call; null where nothing does. Exits need no reservation and do not expire. */
async function localRefusal({ store, allowLive }: Execution, order: OrderCommand, now: Date): Promise<Refusal | null> {
  const refuse = (code: ReasonCode, figures: string): Refusal => ({ status: 'DENIED', reason: `${code}: ${figures}` })
  if (order.trading_mode === 'LIVE' && !allowLive) return refuse('LIVE_NOT_ALLOWED', `account_id=${order.account_id}`)
  if (order.is_exit) return null
  if (order.expires_at && order.expires_at <= now)
    return { status: 'EXPIRED', reason: `EXPIRED: expires_at=${order.expires_at.toISOString()}` }
  const ledger = await ledgerOf(store, order.trading_mode)
  const reserved = ledger?.reservations.some(({ order_id, state }) => order_id === order.order_id && state === 'live')
  return reserved ? null : refuse('RESERVATION_LOST', `order_id=${order.order_id}`)
}

const newOrder = (command: OrderCommand, now: Date): StoredOrder => ({
  ...command,
  status: 'NEW',
  states: [{ status: 'NEW', at: now }],
  broker_order_id: null,
  filled_qty: ZERO,
  avg_fill_price: null,
  reason: null,
  created_at: now,
  updated_at: now,
  attempted_at: null,
  attempts: 0,
  version: 1,
})

const intent = (command: OrderCommand, now: Date): StoredOrder => attempt(newOrder(command, now), now)

const attempt = (order: StoredOrder, now: Date): StoredOrder => ({
  ...order,
  status: 'SUBMITTING',
  states: [...order.states, { status: 'SUBMITTING', at: now }],
  attempted_at: now,
  attempts: order.attempts + 1,
  updated_at: now,
})

const denied = (command: OrderCommand, { status, reason }: Refusal, now: Date): StoredOrder => {
  const order = newOrder(command, now)
  const ended = { ...order, status, reason, states: [...order.states, { status, at: now }] }
  return { ...ended, outbox: [confirmationMessage({ ...ended, version: 0 }, [], now)] }
}

/** Takes up an order that an earlier delivery began. */
async function resume(execution: Execution, order: StoredOrder, now: Date): Promise<StoredOrder> {
  switch (order.status) {
    case 'NEW': {
      const refusal = await localRefusal(execution, order, now)
      if (refusal)
        return recordReport(
          execution.store,
          order,
          { event: refusal.status === 'EXPIRED' ? 'expire' : 'deny', reason: refusal.reason },
          now,
        )
      const again = attempt(order, now)
      if (!(await replaceOrder(execution.store, again))) return order
      return send(execution, { ...again, version: order.version + 1 }, now)
    }
    case 'SUBMITTING': {
      // Whoever stored this died, or still waits for the broker: only the broker can tell, and `supervise-orders` asks until it is sure.
      const broker = await execution.brokers(order.broker_id)
      const found = await broker.getOrder(order).catch(() => null)
      return recordReport(
        execution.store,
        order,
        found ? reportOf(found) : { event: 'lose_track', reason: 'no answer to an earlier attempt' },
        now,
      )
    }
    default:
      return order
  }
}

async function send(execution: Execution, order: StoredOrder, now: Date): Promise<StoredOrder> {
  const [broker, instrument] = await Promise.all([execution.brokers(order.broker_id), instrumentById(execution.store, order.instrument_id)])
  if (!instrument)
    return recordReport(
      execution.store,
      order,
      { event: 'reject', reason: `UNKNOWN_INSTRUMENT: instrument_id=${order.instrument_id}` },
      now,
    )
  const result = await broker.placeOrder({ ...order, instrument }).catch(unknownOutcome)
  crashPoint('execute-order:placed')
  const stored = await recordReport(execution.store, order, await reportAfter(broker, order, result), now)
  crashPoint('execute-order:stored')
  return stored
}

const unknownOutcome = (error: unknown): PlaceResult => ({
  kind: 'unknown',
  reason: error instanceof Error ? error.message : String(error),
})

async function reportAfter(broker: Broker, order: StoredOrder, result: PlaceResult): Promise<OrderReport> {
  if (result.kind === 'rejected') return { event: 'reject', reason: `BROKER_REJECTED: ${result.reason}` }
  if (result.kind === 'unknown') return { event: 'lose_track', reason: result.reason }
  const seen = await broker.getOrder(order).catch(() => null)
  return seen ? reportOf(seen) : { event: 'acknowledge', broker_order_id: result.broker_order_id }
}
