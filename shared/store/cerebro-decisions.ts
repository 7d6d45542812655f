import { z } from 'zod'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { orderCommand } from '../messages/order.ts'
import { action } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

const verdict = z.enum(['APPROVED', 'DENIED', 'HELD'])

const decidedLeg = z.object({
  ticker: z.string(),
  action,
  signal_type: z.enum(['ENTRY', 'EXIT']),
  decision: verdict,
  reason_code: z.string().nullable(),
  reason: z.string(),
  wanted_quantity: decimal,
  position_size: decimal,
})

/** CER-10. */
const storedDecision = z.object({
  signal_id: z.string(),
  strategy_id: identifier,
  cerebro_version: z.string(),
  timestamp: date,
  ticker: z.string(),
  action,
  decision: verdict,
  approved: z.boolean(),
  reason_code: z.string().nullable(),
  reason: z.string(),
  account_id: z.string().nullable(),
  trading_mode: z.enum(['LIVE', 'PAPER']),
  allocation_id: z.string().nullable(),
  allocation_pct: decimal,
  available_capital: decimal,
  wanted_quantity: decimal,
  position_size: decimal,
  position_size_usd: decimal,
  margin_impact: decimal,
  cvar_before: z.number().nullable(),
  cvar_after: z.number().nullable(),
  calculation: z.array(z.object({ step: z.string(), result: z.string(), figures: z.record(z.string(), z.string()) })),
  legs: z.array(decidedLeg),
  /** The reservation as it was granted, with the equity it was judged by. */
  reservation: z.record(z.string(), z.unknown()).nullable(),
  orders: z.array(orderCommand),
  /** Entry orders that were still working when an exit was decided: it is decided again when they end. */
  waiting_for: z.array(z.string()),
  /** Counts the times it was decided again; compare-and-set. */
  round: z.number(),
  ...outbox,
})
export type StoredDecision = z.output<typeof storedDecision>

export const cerebroDecisions = collection('cerebro_decisions', {
  schema: storedDecision,
  indexes: [
    { key: { signal_id: 1, cerebro_version: 1 }, unique: true },
    { key: { strategy_id: 1, timestamp: -1 } },
    { key: { strategy_id: 1, decision: 1, reason_code: 1 } },
    { key: { decision: 1, timestamp: -1 } },
    { key: { waiting_for: 1 } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

export const decisionOf = async (store: Store, signal_id: string, cerebro_version: string) =>
  readOrNull(cerebroDecisions, await cerebroDecisions.in(store).findOne({ signal_id, cerebro_version }))

export const decisionsOf = async (store: Store, signal_ids: string[]) => {
  const found = await cerebroDecisions
    .in(store)
    .find({ signal_id: { $in: signal_ids } })
    .toArray()
  return new Map(found.map(document => cerebroDecisions.read(document)).map(decision => [decision.signal_id, decision]))
}

/** Stores a decision; the one that is already there wins and is returned. */
export async function insertDecision(store: Store, decision: StoredDecision): Promise<StoredDecision> {
  try {
    await cerebroDecisions.in(store).insertOne({ ...decision })
    return decision
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const stored = await decisionOf(store, decision.signal_id, decision.cerebro_version)
    if (!stored) throw error
    return stored
  }
}

/** Replaces a decision that was decided again, unless somebody did so first. */
export async function replaceDecision(store: Store, decision: StoredDecision, round: number): Promise<boolean> {
  const { signal_id, cerebro_version } = decision
  const { outbox: messages = [], ...rest } = decision
  const written = await cerebroDecisions
    .in(store)
    .updateOne(
      { signal_id, cerebro_version, round },
      update({ $set: { ...rest, round: round + 1 }, $push: { outbox: { $each: messages } } }),
    )
  return written.modifiedCount === 1
}

/** Exits that wait until this entry order has ended. Uses (waiting_for). */
export const decisionsWaitingFor = async (store: Store, order_id: string) => {
  const found = await cerebroDecisions.in(store).find({ waiting_for: order_id }).toArray()
  return found.map(cerebroDecisions.read)
}
