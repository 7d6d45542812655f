import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { writeTogether } from './write-together.ts'

// What happens to the paper broker's accounts beside orders. No step but its adapter reads or writes it.

const paperAction = z.object({
  action_id: z.string(),
  type: z.enum(['DIVIDEND', 'SPLIT', 'DELIVERY', 'ROLL', 'INTEREST', 'FEE', 'FINANCING', 'TRANSFER']),
  /** DIVIDEND, SPLIT, DELIVERY, ROLL: of which everybody who holds it has it. */
  instrument_id: z.string().nullable(),
  /** The others: whom it concerns. */
  account_id: z.string().nullable(),
  /** DIVIDEND: for one unit; the others: in all, signed. */
  amount: decimal.nullable(),
  /** SPLIT: new units for one old one. */
  ratio: decimal.nullable(),
  /** DELIVERY and ROLL: what comes in its place, what the old is settled at, and what a unit of the new costs. */
  into: z.object({ instrument_id: z.string(), settled_at: decimal, price: decimal }).nullish(),
  at: date,
  description: z.string(),
})
export type PaperAction = z.output<typeof paperAction>

/** Dividends, splits, interest and fees that were declared. */
export const paperActions = collection('paper_actions', {
  schema: paperAction,
  indexes: [{ key: { action_id: 1 }, unique: true }, { key: { instrument_id: 1, at: 1 } }, { key: { account_id: 1, at: 1 } }],
  retention: 'forever',
})

const paperEvent = z.object({
  account_id: z.string(),
  event_id: z.string(),
  type: z.enum(['DIVIDEND', 'INTEREST', 'FEE', 'FINANCING', 'TRANSFER', 'SPLIT', 'EXPIRY', 'ASSIGNMENT', 'DELIVERY', 'ROLL']),
  instrument_id: z.string().nullable(),
  currency: z.string(),
  /** Signed; what cash becomes more by, of a cash event. */
  amount: decimal,
  quantity_change: decimal,
  ratio: decimal.nullable(),
  price: decimal.nullable(),
  into: z.object({ instrument_id: z.string(), quantity_change: decimal, price: decimal }).nullable(),
  time: date,
  description: z.string(),
  /** Whether the book has it. Its figures are decided before. */
  booked: z.boolean(),
})
export type PaperEvent = z.output<typeof paperEvent>

const paperEvents = collection('paper_events', {
  schema: paperEvent,
  indexes: [
    { key: { account_id: 1, event_id: 1 }, unique: true },
    { key: { account_id: 1, time: 1 } },
    { key: { account_id: 1, booked: 1 } },
  ],
  retention: 'forever',
})

/** Actions that concern an account by now: its own, and those of what it holds. */
export async function duePaperActions(store: Store, account_id: string, held: string[], now: Date): Promise<PaperAction[]> {
  const found = await paperActions
    .in(store)
    .find({ $or: [{ account_id }, { instrument_id: { $in: held } }], at: { $lte: now } })
    .sort({ at: 1 })
    .toArray()
  return found.map(paperActions.read)
}

/** Declares actions that belong together with one request; one that is there already stays as it was. */
export const declarePaperActions = async (store: Store, actions: readonly PaperAction[]): Promise<void> => {
  await writeTogether(
    store,
    actions.map(({ action_id, ...rest }) => ({
      in: paperActions,
      filter: { action_id },
      update: update({ $setOnInsert: rest }),
      upsert: true,
    })),
  )
}

export const isPaperActionKnown = async (store: Store, action_id: string): Promise<boolean> =>
  (await paperActions.in(store).findOne({ action_id }, { projection: { _id: 1 } })) !== null

/** Stores an event with its figures; one that is there stays as it was decided. */
export async function insertPaperEvent(store: Store, event: PaperEvent): Promise<void> {
  try {
    await paperEvents.in(store).insertOne({ ...event })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

export const knownPaperEvents = async (store: Store, account_id: string, event_ids: string[]): Promise<Set<string>> => {
  const found = await paperEvents
    .in(store)
    .find({ account_id, event_id: { $in: event_ids } }, { projection: { event_id: 1 } })
    .toArray()
  return new Set(found.map(({ event_id }) => event_id))
}

export const unbookedPaperEvents = async (store: Store, account_id: string): Promise<PaperEvent[]> => {
  const found = await paperEvents.in(store).find({ account_id, booked: false }).sort({ time: 1 }).toArray()
  return found.map(paperEvents.read)
}

export const paperEventOf = async (store: Store, { account_id, event_id }: PaperEvent) =>
  readOrNull(paperEvents, await paperEvents.in(store).findOne({ account_id, event_id }))

export const markPaperEvent = async (store: Store, { account_id, event_id }: PaperEvent): Promise<void> => {
  await paperEvents.in(store).updateOne({ account_id, event_id }, { $set: { booked: true } })
}

/** Events that the book has, from a moment on, oldest first. Uses (account_id, time). */
export const paperEventsSince = async (store: Store, account_id: string, since: Date): Promise<PaperEvent[]> => {
  const found = await paperEvents
    .in(store)
    .find({ account_id, time: { $gte: since } })
    .sort({ time: 1 })
    .toArray()
  return found.map(paperEvents.read).filter(({ booked }) => booked)
}
