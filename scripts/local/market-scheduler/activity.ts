import { cerebroDecisions } from '../../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { fills } from '../../../shared/store/fills.ts'

/** One line of the status view. */
export interface Happening {
  at: Date
  text: string
}

const SHOWN = 8
const newestFirst = { sort: { _id: -1 }, limit: SHOWN } as const

/** The last decisions and fills, newest first. `_id` is in the order of writing and has an index everywhere. */
export async function activityOf(store: Store): Promise<{ decisions: Happening[]; fills: Happening[] }> {
  const decided = { timestamp: 1, signal_id: 1, decision: 1, reason_code: 1, action: 1, ticker: 1, position_size: 1 }
  const filled = { time: 1, signal_id: 1, action: 1, quantity: 1, symbol: 1, price: 1, account_id: 1 }
  const [decisions, done] = await Promise.all([
    cerebroDecisions
      .in(store)
      .find({}, { ...newestFirst, projection: decided })
      .toArray(),
    fills
      .in(store)
      .find({}, { ...newestFirst, projection: filled })
      .toArray(),
  ])
  return {
    decisions: decisions.map(({ timestamp, signal_id, decision, reason_code, action, ticker, position_size }) => ({
      at: timestamp,
      text: `${signal_id} ${decision}${reason_code ? ` ${reason_code}` : ''} ${action} ${position_size} ${ticker}`,
    })),
    fills: done.map(({ time, signal_id, action, quantity, symbol, price, account_id }) => ({
      at: time,
      text: `${signal_id} ${action} ${quantity} ${symbol} at ${price} on ${account_id}`,
    })),
  }
}
