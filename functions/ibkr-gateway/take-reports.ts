import type { StreamReport } from '../../shared/brokers/broker.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { learnAll } from '../supervise-orders/learn-all.ts'
import type { Look } from '../supervise-orders/supervision.ts'
import { bookTold } from '../sync-accounts/account-events.ts'

/**
 * Books what a stream tells of one account as if it had been asked for, in the order in which it comes: a burst is booked together. What
 * cannot be booked now, or belongs to an order that is just being stored, is found by asking (both meet in the execution's id).
 */
export function reportTaker(look: Look): (report: StreamReport) => void {
  let waiting: StreamReport[] = []
  let running = false
  const drain = async () => {
    while (waiting.length > 0) {
      const taken = waiting
      waiting = []
      await book(look, taken).catch((error: unknown) =>
        look.log.warning('stream report not booked', { account_id: look.account.account_id, error: errorText(error) }),
      )
    }
    running = false
  }
  return report => {
    waiting.push(report)
    if (running) return
    running = true
    void drain()
  }
}

async function book(look: Look, reports: readonly StreamReport[]): Promise<void> {
  const orders = reports.flatMap(report => (report.kind === 'order' ? [report.order] : []))
  const executions = reports.flatMap(report => (report.kind === 'execution' ? [report.execution] : []))
  const events = reports.flatMap(report => (report.kind === 'account' ? [report.event] : []))
  if (orders.length + executions.length > 0) await learnAll(look, { orders, executions })
  if (events.length > 0) await bookTold(look.store, look, events)
  const told = [...look.told]
  look.told.clear()
  for (const ordering_key of told) await look.flush({ holder: tradingOrders, ordering_key })
}
