import { z } from 'zod'
import { type Decimal, ONE, ZERO } from '../domain/money/decimal.ts'
import { date, decimal } from '../messages/codecs.ts'
import { action, type BookMode, bookMode } from '../messages/signal.ts'
import { collection, readOrNull, type Store, update } from './collection.ts'
import { readOne } from './query.ts'
import type { JoinedWrite } from './write-together.ts'

/** Margin that one entry order holds until a snapshot of the broker shows it. */
export const reservation = z.object({
  signal_id: z.string(),
  order_id: z.string(),
  strategy_id: z.string(),
  instrument_id: z.string(),
  action,
  /** What it was sized at, in the instrument's currency. */
  price: decimal,
  /** Fund currency that one unit is worth at a price of 1. */
  unit_value: decimal.default(ONE),
  account_id: z.string(),
  /** live: the order may still fill; filled_unsynced: filled, but no snapshot has seen it. */
  state: z.enum(['live', 'filled_unsynced']),
  /** In the account's currency. */
  amount: decimal,
  /** In the fund's currency. */
  amount_fund: decimal,
  /** Cash of an account that may not borrow for it, in the account's currency. */
  cash: decimal,
  /** Equity that the grant was judged by. */
  equity: decimal,
  equity_fund: decimal,
  /** Units: of a live one what may still fill, of a filled one what did. */
  quantity: decimal,
  at: date,
})
export type Reservation = z.output<typeof reservation>

const pool = z.object({
  /** What may still be reserved, in the account's currency. */
  free: decimal,
  /** Cash not promised to an order; only where margin means borrowed value. */
  cash: decimal,
  equity: decimal,
  margin_used: decimal,
  /** When the broker was read. */
  as_of: date,
})

const ledger = z.object({
  fund_id: z.string(),
  trading_mode: bookMode,
  version: z.number(),
  /** Counts what was ever granted: an entry is judged by the ledger of just this count. */
  grants: z.number().default(0),
  fund: z.object({ free: decimal, equity: decimal, margin_used: decimal }),
  accounts: z.record(z.string(), pool),
  reservations: z.array(reservation),
  /** Whose entry is granted next, where one has lost too many races: nobody else is granted anything until then. */
  next: z.object({ signal_id: z.string(), until: date }).optional(),
})
export type MarginLedger = z.output<typeof ledger>

/** One document a fund and mode: what margin is free, and who holds the rest. */
export const marginLedger = collection('margin_ledger', {
  schema: ledger,
  indexes: [{ key: { fund_id: 1, trading_mode: 1 }, unique: true }],
  retention: 'forever',
})

type Mode = BookMode

/** The fund's ledgers of all modes. Uses (fund_id, trading_mode). */
export const ledgersQuery = ({ fund_id }: Store) => ({ in: marginLedger, filter: { fund_id } })

export const ledgerOf = async (store: Store, trading_mode: Mode) =>
  readOrNull(marginLedger, await marginLedger.in(store).findOne({ fund_id: store.fund_id, trading_mode }))

const fundOnly = z.object({ fund_id: z.string() })

/** Whether an entry order's margin is still reserved. Uses (fund_id, trading_mode). */
export async function holdsReservation(
  store: Store,
  { trading_mode, order_id }: { trading_mode: Mode; order_id: string },
): Promise<boolean> {
  const held = { fund_id: store.fund_id, trading_mode, reservations: { $elemMatch: { order_id, state: 'live' } } }
  return (await readOne(store, { in: marginLedger, filter: held, fields: ['fund_id'], part: fundOnly })) !== null
}

export interface Grant {
  /** Grants that the ledger had when the entry was judged by it. */
  after: number
  account_id: string
  signal_id: string
  amount: Decimal
  amount_fund: Decimal
  cash: Decimal
  reservations: Reservation[]
  at: Date
}

export interface Left {
  /** What is free right after a grant: in the account's currency, and of the fund in its own. */
  free: Decimal
  free_fund: Decimal
}

/**
 * Takes margin for a signal's entry orders, in one write, if it is still free, the signal holds none, and no other entry was granted since the
 * state that it was judged by: whatever limit it passed, it passes with all that came before. Null where it did not. It is on disk with the
 * decision that follows it; where a failover takes it back, its order is denied (RESERVATION_LOST).
 */
export async function reserve(store: Store, trading_mode: Mode, grant: Grant): Promise<Left | null> {
  const { after: grants, account_id, signal_id, amount, amount_fund, cash, reservations, at } = grant
  const pools = `accounts.${account_id}`
  const after = await marginLedger.in(store).findOneAndUpdate(
    {
      fund_id: store.fund_id,
      trading_mode,
      grants: grants === 0 ? { $in: [0, null] } : grants,
      // The grant is judged by the very equity that is stored with it.
      [`${pools}.equity`]: reservations[0]?.equity,
      'fund.equity': reservations[0]?.equity_fund,
      [`${pools}.free`]: { $gte: amount },
      [`${pools}.cash`]: { $gte: cash },
      'fund.free': { $gte: amount_fund },
      'reservations.signal_id': { $ne: signal_id },
      ...nobodyElseIsNext(signal_id, at),
    },
    update({
      $unset: { next: true },
      $inc: { [`${pools}.free`]: amount.neg(), [`${pools}.cash`]: cash.neg(), 'fund.free': amount_fund.neg(), version: 1, grants: 1 },
      $push: { reservations: { $each: reservations } },
    }),
    { returnDocument: 'after', projection: { _id: 0, 'fund.free': 1, [`${pools}.free`]: 1 }, writeConcern: { w: 1 } },
  )
  return after && { free: decimal.parse(after.accounts[account_id].free), free_fund: decimal.parse(after.fund.free) }
}

const nobodyElseIsNext = (signal_id: string, now: Date) => ({
  $or: [{ 'next.signal_id': { $in: [null, signal_id] } }, { 'next.until': { $lt: now } }],
})

interface Next {
  signal_id: string
  until: Date
  now: Date
}

/** Lets an entry be the next that is granted, unless another is; tells whether it is. */
export async function becomeNext(store: Store, trading_mode: Mode, { signal_id, until, now }: Next): Promise<boolean> {
  const free = { fund_id: store.fund_id, trading_mode, ...nobodyElseIsNext(signal_id, now) }
  const { matchedCount } = await marginLedger.in(store).updateOne(free, { $set: { next: { signal_id, until } } })
  return matchedCount === 1
}

/** Lets others be granted something again, where an entry that was to be next took nothing. */
export async function cedeNext(store: Store, trading_mode: Mode, signal_id: string): Promise<void> {
  await marginLedger.in(store).updateOne({ fund_id: store.fund_id, trading_mode, 'next.signal_id': signal_id }, { $unset: { next: true } })
}

/** All of an order's margin was used by fills: it waits for a snapshot of the broker that shows them. */
export const reservationFilled = (
  { fund_id }: Store,
  { trading_mode, order_id, at }: { trading_mode: Mode; order_id: string; at: Date },
): JoinedWrite => ({
  in: marginLedger,
  filter: { fund_id, trading_mode, reservations: { $elemMatch: { order_id, state: 'live' } } },
  update: update({ $set: { 'reservations.$.state': 'filled_unsynced', 'reservations.$.at': at }, $inc: { version: 1 } }),
})

/** Writes a ledger computed from the one that was read, unless it changed meanwhile; tells whether it did. */
export async function replaceLedger(store: Store, { version, ...next }: MarginLedger): Promise<boolean> {
  const { fund_id, trading_mode, fund, accounts, reservations } = next
  const written = await marginLedger
    .in(store)
    .updateOne({ fund_id, trading_mode, version }, { $set: { fund, accounts, reservations, version: version + 1 } })
  return written.modifiedCount === 1
}

/** A ledger that no account has been read into: nothing is free. */
export const emptyLedger = (fund_id: string, trading_mode: Mode): MarginLedger => ({
  fund_id,
  trading_mode,
  version: 1,
  grants: 0,
  fund: { free: ZERO, equity: ZERO, margin_used: ZERO },
  accounts: {},
  reservations: [],
})

export async function createLedger(store: Store, first: MarginLedger): Promise<void> {
  const { fund_id, trading_mode } = first
  await marginLedger.in(store).updateOne({ fund_id, trading_mode }, { $setOnInsert: first }, { upsert: true })
}
