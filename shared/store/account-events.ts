import { z } from 'zod'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { bookMode } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store } from './collection.ts'
import type { JoinedWrite } from './write-together.ts'

const common = {
  account_id: identifier,
  /** The broker's own. */
  event_id: z.string(),
  broker_id: identifier,
  trading_mode: bookMode,
  time: date,
  description: z.string(),
  booked_at: date.nullable(),
}

const cashEvent = z.object({
  ...common,
  type: z.enum(['DIVIDEND', 'INTEREST', 'FEE', 'FINANCING', 'TRANSFER']),
  currency: z.string(),
  /** Signed: what cash became more by. */
  amount: decimal,
  instrument_id: z.string().nullable(),
})
export type CashEventDocument = z.output<typeof cashEvent>

const indexes = [{ key: { account_id: 1, event_id: 1 }, unique: true }, { key: { account_id: 1, time: -1 } }]

/** Money that came or went beside orders (ACC-5a). */
export const cashEvents = collection('cash_events', { schema: cashEvent, indexes, retention: 'forever' })

const positionEvent = z.object({
  ...common,
  type: z.enum(['SPLIT', 'EXPIRY', 'ASSIGNMENT', 'DELIVERY', 'ROLL']),
  instrument_id: z.string(),
  quantity_change: decimal,
  ratio: decimal.nullable(),
  price: decimal.nullable(),
  into: z.object({ instrument_id: z.string(), quantity_change: decimal, price: decimal.nullish() }).nullable(),
  /** Divided over the positions that it changes, once, when it was first seen. */
  shares: z.array(
    z.object({
      execution_id: z.string(),
      strategy_id: identifier,
      instrument_id: z.string(),
      quantity_change: decimal,
      ratio: decimal.nullable(),
      price: decimal,
      /** Whether its position counts it. */
      booked: z.boolean(),
    }),
  ),
})
export type PositionEventDocument = z.output<typeof positionEvent>

/** What changed positions beside orders (ACC-5a). */
export const positionEvents = collection('position_events', {
  schema: positionEvent,
  indexes: [...indexes, { key: { account_id: 1, booked_at: 1 } }],
  retention: 'forever',
})

/** Stores an event of an account, once by its id. */
export async function insertEvent(store: Store, event: CashEventDocument | PositionEventDocument): Promise<void> {
  try {
    await ('shares' in event ? positionEvents : cashEvents).in(store).insertOne({ ...event })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

export async function knownEvents(store: Store, account_id: string, event_ids: string[]): Promise<Set<string>> {
  if (event_ids.length === 0) return new Set()
  const known = { account_id, event_id: { $in: event_ids } }
  const found = await Promise.all(
    [cashEvents, positionEvents].map(each =>
      each
        .in(store)
        .find(known, { projection: { event_id: 1 } })
        .toArray(),
    ),
  )
  return new Set(found.flat().map(({ event_id }) => event_id))
}

/** Newest event of an account of either kind; null where it has none. Uses (account_id, time). */
export async function latestEventTime(store: Store, account_id: string): Promise<Date | null> {
  const newest = { sort: { time: -1 }, limit: 1, projection: { time: 1 } } as const
  const found = await Promise.all([cashEvents, positionEvents].map(each => each.in(store).find({ account_id }, newest).next()))
  const times = found.flatMap(document => (document ? [document.time.getTime()] : []))
  return times.length > 0 ? new Date(Math.max(...times)) : null
}

/** Position events that not all positions count yet, oldest first. Uses (account_id, booked_at). */
export async function unbookedEvents(store: Store, account_id: string): Promise<PositionEventDocument[]> {
  const found = await positionEvents.in(store).find({ account_id, booked_at: null }).sort({ time: 1 }).toArray()
  return found.map(positionEvents.read)
}

export const positionEventOf = async (store: Store, { account_id, event_id }: { account_id: string; event_id: string }) =>
  readOrNull(positionEvents, await positionEvents.in(store).findOne({ account_id, event_id }))

/** Says that a position counts its share of an event. */
export const markShare = ({ account_id, event_id }: PositionEventDocument, index: number): JoinedWrite => ({
  in: positionEvents,
  filter: { account_id, event_id },
  update: { $set: { [`shares.${index}.booked`]: true } },
})

export const markEventBooked = async (store: Store, { account_id, event_id }: PositionEventDocument, booked_at: Date): Promise<void> => {
  await positionEvents.in(store).updateOne({ account_id, event_id }, { $set: { booked_at } })
}
