import { z } from 'zod'
import { toldBefore } from '../domain/decision/told-before.ts'
import type { Decimal } from '../domain/money/decimal.ts'
import { type SignalState, statesBefore } from '../domain/signal/states.ts'
import { date } from '../messages/codecs.ts'
import { signalState, standardizedSignal } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'
import { type Page, type PageRequest, readPage } from './page.ts'
import type { JoinedWrite } from './write-together.ts'

const storedSignal = standardizedSignal.extend({
  /** What makes two requests the same signal: `id:<signalID>`, or `hash:<body>:<minute>`. */
  identity: z.string(),
  /** Hash of the standardized legs: another content under the same identity is refused. */
  content_hash: z.string(),
  /** As it was sent, without its passphrase. */
  raw: z.unknown(),
  status: signalState,
  states: z.array(z.object({ state: signalState, at: date })),
  ...outbox,
})
export type StoredSignal = z.output<typeof storedSignal>

/** What others wrote and we refused has no id. */
const accepted = { signal_id: { $exists: true } }

export const tradingSignals = collection('trading_signals', {
  schema: storedSignal,
  indexes: [
    { key: { signal_id: 1 }, unique: true, partialFilterExpression: accepted },
    { key: { strategy_id: 1, identity: 1 }, unique: true, partialFilterExpression: accepted },
    { key: { strategy_id: 1, received_at: -1 } },
    { key: { strategy_id: 1, status: 1 } },
    { key: { status: 1, received_at: 1 } },
    ...outboxIndexes,
  ],
  // Other writers insert what a sender would post (SIG-3).
  foreign: { bsonType: 'object', not: { required: ['signal_id'] } },
  retention: 'forever',
})

/** The signal of a sender's identity, if it came before. Uses (strategy_id, identity). */
export const signalByIdentity = async (store: Store, { strategy_id, identity }: { strategy_id: string; identity: string }) =>
  readOrNull(tradingSignals, await tradingSignals.in(store).findOne({ strategy_id, identity, ...accepted }))

export const signalById = async (store: Store, signal_id: string) =>
  readOrNull(tradingSignals, await tradingSignals.in(store).findOne({ signal_id }))

export const signalsById = async (store: Store, signal_ids: string[]) => {
  const found = await tradingSignals
    .in(store)
    .find({ signal_id: { $in: signal_ids } })
    .toArray()
  return found.map(tradingSignals.read)
}

/** A strategy's signals in an instrument after a moment, oldest first, at most 20. Uses (strategy_id, received_at). */
export const signalsSince = async (
  store: Store,
  { strategy_id, instrument_id, since }: { strategy_id: string; instrument_id: string; since: Date },
) => {
  const found = await tradingSignals
    .in(store)
    .find({ strategy_id, received_at: { $gt: since }, 'legs.instrument_id': instrument_id })
    .sort({ received_at: 1 })
    .limit(20)
    .toArray()
  return found.map(tradingSignals.read)
}

/** More than these are not looked at. */
const MOST_BEFORE = 50

/**
 * What the sender holds in an instrument by their signals before one; null where those do not tell. Uses (strategy_id, received_at).
 */
export async function positionToldBefore(
  store: Store,
  {
    strategy_id,
    signal_id,
    received_at,
    instrument_id,
  }: { strategy_id: string; signal_id: string; received_at: Date; instrument_id: string },
): Promise<Decimal | null> {
  const found = await tradingSignals
    .in(store)
    .find({
      strategy_id,
      received_at: { $lte: received_at },
      signal_id: { $lt: signal_id },
      source: { $ne: 'system' },
      'legs.instrument_id': instrument_id,
    })
    .sort({ received_at: -1, signal_id: -1 })
    .limit(MOST_BEFORE)
    .toArray()
  return toldBefore(found.map(tradingSignals.read), { instrument_id, all: found.length < MOST_BEFORE })
}

/** Stores a new signal with its outbox; tells which unique key was taken when it is not new. */
export async function insertSignal(store: Store, signal: StoredSignal): Promise<'stored' | 'identity taken' | 'id taken'> {
  try {
    await tradingSignals.in(store).insertOne({ ...signal })
    return 'stored'
  } catch (error) {
    if (isDuplicateKey(error, 'identity')) return 'identity taken'
    if (isDuplicateKey(error, 'signal_id')) return 'id taken'
    throw error
  }
}

export interface ReachedState {
  state: SignalState
  at: Date
}

/** Adds states that are all new, and moves the status to the last; where it is `unmatched`, `advanceSignal` sorts it out. */
export function advanceWrites(signal_id: string, reached: ReachedState[]): JoinedWrite[] {
  const last = reached.at(-1)
  if (!last) return []
  const filter = { signal_id, status: { $in: statesBefore(last.state) }, 'states.state': { $nin: reached.map(({ state }) => state) } }
  return [{ in: tradingSignals, filter, update: update({ $push: { states: { $each: reached } }, $set: { status: last.state } }) }]
}

/** Adds states with their times, each once, and moves the status to the last unless the signal is already further. */
export async function advanceSignal(store: Store, signal_id: string, reached: ReachedState[]): Promise<void> {
  const last = reached.at(-1)
  if (!last) return
  const status = { $in: statesBefore(last.state) }
  for (const one of reached) {
    await tradingSignals.in(store).updateOne({ signal_id, 'states.state': { $ne: one.state } }, update({ $push: { states: one } }))
  }
  await tradingSignals.in(store).updateOne({ signal_id, status }, { $set: { status: last.state } })
}

/** Signals that wait for a decision since before a moment, oldest first. Uses (status, received_at). */
export const undecidedSignals = async (store: Store, before: Date, limit: number) => {
  const found = await tradingSignals
    .in(store)
    .find({ status: 'STANDARDIZED', received_at: { $lt: before } })
    .sort({ received_at: 1 })
    .limit(limit)
    .toArray()
  return found.map(tradingSignals.read)
}

/** A strategy's signals, newest first. Uses (strategy_id, received_at). */
export const recentSignals = async (store: Store, strategy_id: string, limit: number) => {
  const found = await tradingSignals
    .in(store)
    .find({ strategy_id, ...accepted })
    .sort({ received_at: -1 })
    .limit(limit)
    .toArray()
  return found.map(tradingSignals.read)
}

/** As much of a signal as a list shows; what others wrote and we refused has a reason instead of an id and legs. */
const listedSignal = z.object({
  signal_id: z.string().nullable().default(null),
  received_at: date,
  status: signalState,
  legs: standardizedSignal.shape.legs.nullable().default(null),
  refusal: z.object({ code: z.string(), detail: z.string() }).nullable().default(null),
  duplicate_of: z.string().nullable().default(null),
})
export type ListedSignal = z.output<typeof listedSignal>

interface ListQuestion extends Pick<PageRequest, 'cursor' | 'limit'> {
  strategy_id: string
  states: readonly SignalState[]
}

/** A page of a strategy's signals in some states, newest first. Uses (strategy_id, received_at). @throws InvalidCursor */
export const signalPage = (store: Store, { strategy_id, states, cursor, limit }: ListQuestion): Promise<Page<ListedSignal>> =>
  readPage(
    store,
    { ...tradingSignals, schema: listedSignal, read: document => listedSignal.parse(document) },
    { filter: { strategy_id, status: { $in: states } }, by: ['received_at', '_id'], direction: -1, cursor, limit },
  )

export const countSignals = (store: Store, strategy_id: string): Promise<number> =>
  tradingSignals.in(store).countDocuments({ strategy_id, ...accepted })

/** Whether Cerebro still owes a strategy a decision. */
export const hasUndecidedSignal = async (store: Store, strategy_id: string): Promise<boolean> =>
  (await tradingSignals
    .in(store)
    .findOne({ strategy_id, status: { $in: ['RECEIVED', 'STANDARDIZED', 'HELD'] } }, { projection: { _id: 1 } })) !== null

/** Exits that wait for a halt to end, oldest first. Uses (status, received_at). */
export const heldSignals = async (store: Store, limit: number) => {
  const found = await tradingSignals.in(store).find({ status: 'HELD' }).sort({ received_at: 1 }).limit(limit).toArray()
  return found.map(tradingSignals.read)
}

/** States of these signals, by their ids. Uses (signal_id). */
export const signalStatuses = async (store: Store, signal_ids: string[]): Promise<Map<string, SignalState>> => {
  const projection = { signal_id: 1, status: 1 }
  const found = await tradingSignals
    .in(store)
    .find({ signal_id: { $in: signal_ids } }, { projection })
    .toArray()
  return new Map(found.map(({ signal_id, status }) => [String(signal_id), signalState.parse(status)]))
}
