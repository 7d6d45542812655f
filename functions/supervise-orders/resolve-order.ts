import { setTimeout as delay } from 'node:timers/promises'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { orderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { brokerPlan, routeOf } from '../../shared/store/account-hierarchy.ts'
import { brokerAccountOf } from '../../shared/store/broker-accounts.ts'
import { confirmationMessage, recordReport } from '../../shared/store/order-events.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { positionOf } from '../../shared/store/positions.ts'
import { orderById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import type { Supervision } from './supervision.ts'

/** "Not found" counts only after this many questions over more than five seconds, and not while an attempt may still be on its way. */
const QUESTIONS = 3
const BETWEEN_QUESTIONS_MS = 2_600

/**
 * Asks the broker what became of an order and stores it. An order that the broker never saw is sent again; a question that fails proves
 * nothing, and the order stays as it is.
 */
export async function resolveOrder({ store, brokers }: Supervision, order: StoredOrder): Promise<StoredOrder> {
  const broker = await brokers(order.broker_id)
  const unsent = order.status === 'UNKNOWN' || order.status === 'SUBMITTING'
  for (let question = 1; question <= QUESTIONS; question += 1) {
    const found = await broker.getOrder(order)
    if (found) return recordReport(store, order, reportOf(found), now())
    if (!unsent) return order
    if (question < QUESTIONS) await delay(BETWEEN_QUESTIONS_MS)
  }
  const current = await orderById(store, order.order_id)
  // Somebody learned more while we asked.
  if (!current || current.version !== order.version) return current ?? order
  if (current.status === 'SUBMITTING')
    return recordReport(store, current, { event: 'lose_track', reason: 'no answer to an earlier attempt' }, now())
  if (current.cancel_wanted !== undefined) return recordReport(store, current, { event: 'cancel', reason: current.cancel_wanted }, now())
  return current.is_exit ? exitAgain({ store, brokers }, current) : sendAgain({ store, brokers }, current)
}

/** An exit is decided again from the position as it is once the account was read (rule 21): for no more than is left to close. */
async function exitAgain(supervision: Supervision, exit: StoredOrder): Promise<StoredOrder> {
  const { store } = supervision
  const [account, position] = await Promise.all([brokerAccountOf(store, exit.account_id), positionOf(store, exit)])
  if (account && !account.reconciled) return exit
  if (!position) return sendAgain(supervision, exit)
  const closes = !position.quantity.isZero() && position.quantity.isPositive() === (exit.action === 'SELL')
  const others = position.closing.filter(({ order_id }) => order_id !== exit.order_id)
  const free = closes ? position.quantity.abs().minus(sum(others.map(({ quantity }) => quantity))) : ZERO
  if (free.gte(exit.quantity)) return sendAgain(supervision, exit)
  if (free.gt(0)) return sendAgain(supervision, { ...exit, quantity: free })
  return recordReport(store, exit, { event: 'cancel', reason: 'canceled by the end of its position' }, now())
}

async function sendAgain({ store }: Supervision, order: StoredOrder): Promise<StoredOrder> {
  const at = now()
  const next: StoredOrder = {
    ...order,
    status: 'NEW',
    states: [...order.states, { status: 'NEW', at }],
    reason: 'the broker does not know it: sent again',
    updated_at: at,
  }
  const command = toOutbox({
    topic: 'trading-orders',
    ordering_key: `${order.account_id}:${order.instrument.symbol}`,
    attributes: { route: routeOf(await brokerPlan(store, order.broker_id)), signal_id: order.signal_id, order_id: order.order_id },
    data: orderCommand.strip().encode(order),
    at,
  })
  const outbox = [confirmationMessage(next, next.fills ?? [], at), command]
  return (await replaceOrder(store, { ...next, outbox })) ? { ...next, version: next.version + 1 } : order
}
