import { z } from 'zod'
import { ZERO } from '../domain/money/decimal.ts'
import { date, decimal } from '../messages/codecs.ts'
import { action, orderType, timeInForce } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { readOne } from './query.ts'
import { writeTogether } from './write-together.ts'

// The paper broker's own book. No step but its adapter reads or writes it.

const paperPosition = z.object({
  instrument_id: z.string(),
  symbol: z.string(),
  quantity: decimal,
  cost: decimal,
  realized_pnl: decimal,
  lots: z.array(z.object({ execution_id: z.string(), quantity: decimal, price: decimal, opened_at: date })),
})
export type PaperPosition = z.output<typeof paperPosition>

const paperAccount = z.object({
  account_id: z.string(),
  broker_id: z.string(),
  currency: z.string(),
  account_type: z.string(),
  /** What it was opened with, in `currency`. */
  start_cash: decimal,
  /** By currency. */
  cash: z.record(z.string(), decimal),
  /** By currency: realized P&L and fees since it was opened. */
  realized_pnl: z.record(z.string(), decimal),
  fees: z.record(z.string(), decimal),
  positions: z.array(paperPosition),
  /** Fills that are in it, but whose order does not say so yet. */
  pending_fills: z.array(z.string()),
  version: z.number(),
})
export type PaperAccount = z.output<typeof paperAccount>

export const paperAccounts = collection('paper_accounts', {
  schema: paperAccount,
  indexes: [{ key: { account_id: 1 }, unique: true }],
  retention: 'forever',
})

const paperFill = z.object({
  execution_id: z.string(),
  account_id: z.string(),
  broker_order_id: z.string(),
  client_order_id: z.string(),
  instrument_id: z.string(),
  symbol: z.string(),
  action,
  quantity: decimal,
  price: decimal,
  commission: decimal,
  commission_currency: z.string(),
  time: date,
})
export type PaperFill = z.output<typeof paperFill>

export const paperFills = collection('paper_fills', {
  schema: paperFill,
  indexes: [
    { key: { account_id: 1, execution_id: 1 }, unique: true },
    { key: { account_id: 1, time: 1 } },
    { key: { broker_order_id: 1 } },
  ],
  retention: 'forever',
})

const ends = ['FILLED', 'REJECTED', 'CANCELED', 'EXPIRED'] as const

const paperOrder = z.object({
  account_id: z.string(),
  client_order_id: z.string(),
  broker_order_id: z.string(),
  instrument_id: z.string(),
  symbol: z.string(),
  action,
  quantity: decimal,
  order_type: orderType,
  time_in_force: timeInForce,
  limit_price: decimal.nullable(),
  stop_price: decimal.nullable(),
  trail_amount: decimal.nullable(),
  trail_pct: decimal.nullable(),
  stop_loss: decimal.nullable(),
  take_profit: decimal.nullable(),
  expires_at: date.nullable(),
  /** ACCEPTED: its newest fills are decided, but not all of the book may have them yet. WORKING: it waits for the market. */
  status: z.enum(['ACCEPTED', 'WORKING', ...ends]),
  /** What an ACCEPTED order becomes once its fills are booked. */
  after: z.enum(['WORKING', ...ends]),
  /** How many of its fills the book has. */
  booked: z.number(),
  /** Which part of a bracket works: its entry, or what closes it. EXIT from the start for an OCO. */
  stage: z.enum(['ENTRY', 'EXIT']),
  /** How a bracket's entry ended. */
  entry_status: z.enum(ends).nullable(),
  /** Sides that were canceled one by one. */
  canceled_legs: z.array(z.enum(['STOP_LOSS', 'TAKE_PROFIT'])),
  /** What a bracket's closing orders together are for; all that its entry has filled, where it was not changed. */
  close_quantity: decimal.optional(),
  /** Whether its stop was reached. */
  triggered: z.boolean(),
  /** Best price that a trailing stop has seen. */
  extreme: decimal.nullable(),
  /** Not before the auction that it waits for. */
  active_from: date.nullable(),
  ends_at: date.nullable(),
  /** The quote that it last took from: nothing is taken from one twice. */
  taken_from: date.nullable(),
  /** Client ids of a bracket's closing orders. */
  leg_ids: z.array(z.string()),
  version: z.number(),
  updated_at: date,
  reason: z.string().nullable(),
  /** How the fills are booked; null where there are none. */
  settlement: z.object({ currency: z.string(), multiplier: decimal, margined: z.boolean() }).nullable(),
  /** Decided when the order was accepted, so that doing it again gives the same. */
  fills: z.array(paperFill),
  accepted_at: date,
})
export type PaperOrder = z.output<typeof paperOrder>

export const paperOrders = collection('paper_orders', {
  schema: paperOrder,
  indexes: [
    { key: { account_id: 1, client_order_id: 1 }, unique: true },
    { key: { account_id: 1, status: 1 } },
    { key: { account_id: 1, leg_ids: 1 } },
  ],
  retention: 'forever',
})

interface OrderKey {
  account_id: string
  client_order_id: string
}

const keyOf = ({ account_id, client_order_id }: OrderKey): OrderKey => ({ account_id, client_order_id })

export const paperAccountOf = (store: Store, account_id: string) => readOne(store, { in: paperAccounts, filter: { account_id } })

export const paperOrderOf = async (store: Store, order: OrderKey) =>
  readOrNull(paperOrders, await paperOrders.in(store).findOne(keyOf(order)))

/** The bracket that a closing order belongs to. Uses (account_id, leg_ids). */
export const paperBracketOf = async (store: Store, { account_id, client_order_id }: OrderKey) =>
  readOrNull(paperOrders, await paperOrders.in(store).findOne({ account_id, leg_ids: client_order_id }))

/** Orders that may still do something. Uses (account_id, status). */
export const livePaperOrders = (store: Store, account_id: string): Promise<PaperOrder[]> => livePaperOrdersOf(store, [account_id])

/** The same of several accounts. Uses (account_id, status). */
export const livePaperOrdersOf = async (store: Store, account_ids: readonly string[]): Promise<PaperOrder[]> => {
  const [account_id] = account_ids
  const found = await paperOrders
    .in(store)
    .find({ account_id: account_ids.length === 1 ? account_id : { $in: account_ids }, status: { $in: ['ACCEPTED', 'WORKING'] } })
    .sort({ accepted_at: 1 })
    .toArray()
  return found.map(document => paperOrders.read(document))
}

/** Writes a waiting order computed from the version that was read; tells whether nobody was first. */
export async function replacePaperOrder(store: Store, { version, ...next }: PaperOrder): Promise<boolean> {
  const written = await paperOrders
    .in(store)
    .updateOne({ ...keyOf(next), version, status: 'WORKING' }, { $set: { ...next, version: version + 1 } })
  return written.modifiedCount === 1
}

type Opening = Pick<PaperAccount, 'account_id' | 'broker_id' | 'currency' | 'account_type' | 'start_cash'>

/** Opens an account with its start cash; one that is open already stays as it is. */
export async function openPaperAccount(store: Store, opening: Opening): Promise<void> {
  const { account_id, currency, start_cash } = opening
  const first: PaperAccount = {
    ...opening,
    cash: { [currency]: start_cash },
    realized_pnl: { [currency]: ZERO },
    fees: { [currency]: ZERO },
    positions: [],
    pending_fills: [],
    version: 1,
  }
  try {
    await paperAccounts.in(store).updateOne({ account_id }, { $setOnInsert: first }, { upsert: true })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

/** Stores an order unless its client id is taken; tells whether it did. */
export async function insertPaperOrder(store: Store, order: PaperOrder): Promise<boolean> {
  try {
    await paperOrders.in(store).insertOne({ ...order })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

export type PaperBook = Pick<PaperAccount, 'cash' | 'realized_pnl' | 'fees' | 'positions'>

/**
 * Writes a book computed from the version that was read, together with the fills that made it; tells whether nobody was first.
 * `pending_fills` is only added to here, so that an id taken off it meanwhile does not come back.
 */
export async function replacePaperBook(
  store: Store,
  { account_id, version }: Pick<PaperAccount, 'account_id' | 'version'>,
  { cash, realized_pnl, fees, positions }: PaperBook,
  applied: string[],
): Promise<boolean> {
  const written = await paperAccounts.in(store).updateOne(
    { account_id, version },
    update({
      $set: { cash, realized_pnl, fees, positions, version: version + 1 },
      $push: { pending_fills: { $each: applied } },
    }),
  )
  return written.modifiedCount === 1
}

/** The fills of an order that are decided, but not known to be in the book. */
export const unbookedFills = ({ fills, booked }: PaperOrder): PaperFill[] => fills.slice(booked)

/**
 * Stores an applied order's new fills, says of the order that the book has them, and takes the fills off the account's list of those that
 * are only in it: in this order, and each harmless to do again.
 */
export async function recordPaperFills(store: Store, order: PaperOrder): Promise<void> {
  const { account_id, client_order_id, booked, after } = order
  const fills = unbookedFills(order)
  const execution_ids = fills.map(({ execution_id }) => execution_id)
  await writeTogether(store, [
    ...fills.map(fill => ({
      in: paperFills,
      filter: { account_id, execution_id: fill.execution_id },
      update: update({ $setOnInsert: fill }),
      upsert: true,
    })),
    {
      in: paperOrders,
      filter: { account_id, client_order_id, status: 'ACCEPTED', booked },
      update: update({ $set: { status: after, booked: booked + fills.length }, $inc: { version: 1 } }),
    },
    { in: paperAccounts, filter: { account_id }, update: update({ $pull: { pending_fills: { $in: execution_ids } } }) },
  ])
}

/** An account's executions from a moment on, oldest first. Uses (account_id, time). */
export async function paperExecutions(store: Store, account_id: string, since: Date): Promise<PaperFill[]> {
  const found = await paperFills
    .in(store)
    .find({ account_id, time: { $gte: since } })
    .sort({ time: 1 })
    .toArray()
  return found.map(document => paperFills.read(document))
}

/** Takes fills that the orders know to be booked off the list of those that are only in the account. */
export async function clearPendingPaperFills(store: Store, account_id: string, execution_ids: string[]): Promise<void> {
  await paperAccounts.in(store).updateOne({ account_id }, update({ $pull: { pending_fills: { $in: execution_ids } } }))
}

/** Of these fills, the ones that nobody is booking any more. Uses (account_id, execution_id) and (account_id, client_order_id). */
export async function bookedAmong(store: Store, account_id: string, execution_ids: string[]): Promise<string[]> {
  const fills = await paperFills
    .in(store)
    .find({ account_id, execution_id: { $in: execution_ids } })
    .toArray()
  const ids = [...new Set(fills.map(({ client_order_id }) => client_order_id as string))]
  const orders = await paperOrders
    .in(store)
    .find({ account_id, status: { $ne: 'ACCEPTED' }, $or: [{ client_order_id: { $in: ids } }, { leg_ids: { $in: ids } }] })
    .toArray()
  const booked = new Set(orders.flatMap(({ client_order_id, leg_ids }) => [client_order_id, ...leg_ids]))
  return fills.filter(({ client_order_id }) => booked.has(client_order_id)).map(({ execution_id }) => execution_id as string)
}
