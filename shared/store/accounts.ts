import { z } from 'zod'
import { accountState } from '../messages/account.ts'
import { date, decimal } from '../messages/codecs.ts'
import { tradingMode } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

const snapshot = accountState.extend({ ...outbox })

/** Every snapshot, for history. */
export const accountStates = collection('account_state', {
  schema: snapshot,
  indexes: [{ key: { account_id: 1, timestamp: -1 } }, ...outboxIndexes],
  retention: 'forever',
})

/** The newest snapshot of each account. */
const accountCurrent = collection('account_current', {
  schema: accountState,
  indexes: [{ key: { account_id: 1 }, unique: true }],
  retention: 'forever',
})

export const currentState = async (store: Store, account_id: string) =>
  readOrNull(accountCurrent, await accountCurrent.in(store).findOne({ account_id }))

export const currentStates = async (store: Store, account_ids: string[]) => {
  const found = await accountCurrent
    .in(store)
    .find({ account_id: { $in: account_ids } })
    .toArray()
  return found.map(accountCurrent.read)
}

/** Replaces an account's current state, only with one that was read at the broker later. */
export async function setCurrentState(store: Store, state: z.output<typeof accountState>): Promise<boolean> {
  const older = { account_id: state.account_id, timestamp: { $lt: state.timestamp } }
  try {
    const { matchedCount, upsertedCount } = await accountCurrent.in(store).replaceOne(older, state, { upsert: true })
    return matchedCount + upsertedCount === 1
  } catch (error) {
    if (isDuplicateKey(error)) return false // a newer one is there: the upsert tried to insert beside it
    throw error
  }
}

const brokerLine = z.object({
  broker_id: z.string(),
  equity: decimal,
  cash: decimal,
  num_accounts: z.number(),
  accounts: z.array(z.string()),
})

/** ACC-3, one document a fund and mode, in the fund's currency. */
const fundState = z.object({
  fund_id: z.string(),
  trading_mode: tradingMode,
  paper: z.boolean(),
  timestamp: date,
  currency: z.string(),
  total_equity: decimal,
  total_cash: decimal,
  total_margin_used: decimal,
  total_margin_available: decimal,
  total_unrealized_pnl: decimal,
  total_realized_pnl: decimal,
  margin_utilization_pct: decimal,
  broker_breakdown: z.array(brokerLine),
  num_brokers: z.number(),
  num_accounts: z.number(),
  stale_accounts: z.array(z.string()),
})
export type FundState = z.output<typeof fundState>

const fundStates = collection('fund_state', {
  schema: fundState,
  indexes: [{ key: { fund_id: 1, trading_mode: 1 }, unique: true }],
  retention: 'forever',
})

export const fundStateOf = async (store: Store, trading_mode: 'LIVE' | 'PAPER') =>
  readOrNull(fundStates, await fundStates.in(store).findOne({ fund_id: store.fund_id, trading_mode }))

export async function setFundState(store: Store, state: FundState): Promise<void> {
  const { fund_id, trading_mode, timestamp } = state
  try {
    await fundStates.in(store).replaceOne({ fund_id, trading_mode, timestamp: { $lte: timestamp } }, state, { upsert: true })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error // a newer one is there
  }
}
