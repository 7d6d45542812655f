import { z } from 'zod'
import { type AccountState, accountState, publicFundState } from '../messages/account.ts'
import type { Alert } from '../messages/alert.ts'
import { date } from '../messages/codecs.ts'
import type { BookMode } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { type OutboxMessage, outbox, outboxIndexes, toOutbox } from './outbox.ts'

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

const readingTime = z.object({ account_id: z.string(), timestamp: date })

/** When accounts were last read. Uses (account_id). */
export const readingTimesQuery = (account_ids: readonly string[]) => ({
  in: accountCurrent,
  filter: { account_id: { $in: account_ids } },
  fields: ['account_id', 'timestamp'],
  part: readingTime,
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

/** The state that held at a moment: the newest that was read by then. Uses (account_id, timestamp). */
export async function stateAt(store: Store, account_id: string, at: Date): Promise<AccountState | null> {
  const [found] = await accountStates
    .in(store)
    .find({ account_id, timestamp: { $lte: at } })
    .sort({ timestamp: -1 })
    .limit(1)
    .toArray()
  return found ? accountState.parse(found) : null
}

export interface HistoryQuestion {
  account_id: string
  from: Date | undefined
  to: Date | undefined
  before: Date | undefined
  limit: number
}

/** An account's states, newest first. Uses (account_id, timestamp). */
export async function stateHistory(store: Store, { account_id, from, to, before, limit }: HistoryQuestion): Promise<AccountState[]> {
  const bounds = { ...(from ? { $gte: from } : {}), ...(to ? { $lte: to } : {}), ...(before ? { $lt: before } : {}) }
  const found = await accountStates
    .in(store)
    .find({ account_id, ...(Object.keys(bounds).length > 0 ? { timestamp: bounds } : {}) })
    .sort({ timestamp: -1 })
    .limit(limit)
    .toArray()
  return found.map(document => accountState.parse(document))
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

/** ACC-3, one document a fund and mode, in the fund's currency. */
const fundState = publicFundState.extend({
  /** Why there are no newer totals than these. */
  refused: z.string().nullish(),
  ...outbox,
})
export type FundState = z.output<typeof fundState>

export const fundStates = collection('fund_state', {
  schema: fundState,
  indexes: [{ key: { fund_id: 1, trading_mode: 1 }, unique: true }, ...outboxIndexes],
  retention: 'forever',
})

export const fundStateOf = async (store: Store, trading_mode: BookMode) =>
  readOrNull(fundStates, await fundStates.in(store).findOne({ fund_id: store.fund_id, trading_mode }))

export async function setFundState(store: Store, state: FundState): Promise<void> {
  const { fund_id, trading_mode, timestamp } = state
  try {
    await fundStates
      .in(store)
      .updateOne({ fund_id, trading_mode, timestamp: { $lte: timestamp } }, { $set: { ...state } }, { upsert: true })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error // a newer one is there
  }
}

type FundStateId = Pick<FundState, 'fund_id' | 'trading_mode' | 'timestamp'>

/** Says that totals are refused, and why; the last ones stay. What must be told is returned when it is new. */
export async function refuseFundState(
  store: Store,
  { fund_id, trading_mode, timestamp }: FundStateId,
  refused: string,
): Promise<OutboxMessage[]> {
  const alert: Alert = {
    severity: 'WARNING',
    key: `fund_state.${trading_mode}`,
    title: 'The fund’s totals are refused',
    detail: `${refused}. Nothing is guessed: the totals of before stay, with their time. Load the missing rate into fx_rates.`,
    signal_id: null,
    order_id: null,
    at: timestamp,
  }
  const message = toOutbox({ topic: 'alerts', ordering_key: '', data: alert, at: timestamp })
  const marked = await fundStates
    .in(store)
    .updateOne({ fund_id, trading_mode, refused: { $ne: refused } }, update({ $set: { refused }, $push: { outbox: message } }))
  // Before the first totals there is nothing to mark: it is told every time, under one key.
  return marked.modifiedCount === 1 || !(await fundStateOf(store, trading_mode)) ? [message] : []
}
