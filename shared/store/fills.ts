import { z } from 'zod'
import { Decimal } from '../domain/money/decimal.ts'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { action, bookMode } from '../messages/signal.ts'
import { collection, type Store, update } from './collection.ts'
import { notInShadow } from './shadow.ts'
import type { JoinedWrite } from './write-together.ts'

const fill = z.object({
  account_id: identifier,
  execution_id: z.string(),
  order_id: z.string(),
  signal_id: z.string(),
  strategy_id: identifier,
  broker_id: identifier,
  trading_mode: bookMode,
  instrument_id: z.string(),
  symbol: z.string(),
  currency: z.string(),
  multiplier: decimal,
  action,
  quantity: decimal,
  price: decimal,
  commission: decimal,
  commission_currency: z.string(),
  time: date,
  is_exit: z.boolean(),
  /** Whether the position counts it. */
  booked: z.boolean(),
  booked_at: date.nullable(),
  commission_pending: z.boolean().optional(),
  /** Units that the broker kept as its fee. */
  fee_quantity: decimal.optional(),
  /** The correction that took its place: it counts no more. */
  superseded_by: z.string().optional(),
  /** What it realized, in the instrument's currency, once booked. */
  realized_pnl: decimal.nullable(),
})
export type Fill = z.output<typeof fill>

export const fills = collection('fills', {
  schema: fill,
  indexes: [
    { key: { account_id: 1, execution_id: 1 }, unique: true },
    { key: { order_id: 1 } },
    { key: { signal_id: 1 } },
    { key: { strategy_id: 1, time: -1 } },
    { key: { trading_mode: 1, time: -1 } },
    { key: { booked: 1, time: 1 } },
  ],
  retention: 'forever',
})

/** Stores a fill, once by account and execution id. */
export const fillWrite = (one: Fill): JoinedWrite => ({ in: fills, insert: one })

export const fillOf = async (store: Store, { account_id, execution_id }: { account_id: string; execution_id: string }) => {
  const found = await fills.in(store).findOne({ account_id, execution_id })
  return found ? fills.read(found) : null
}

/** Says that a position counts a fill, and what it realized. */
export const markBooked = ({ account_id, execution_id, realized_pnl, booked_at }: Fill): JoinedWrite => ({
  in: fills,
  filter: { account_id, execution_id, booked: false },
  update: { $set: { booked: true, booked_at, realized_pnl } },
})

/** Puts a correction in place of what it corrects, also where that was never told: it is then refused when it comes. */
export const correctionWrites = (fill: Fill, corrected: string): JoinedWrite[] => {
  const { account_id, execution_id } = fill
  const { booked: _, execution_id: __, ...before } = fill
  return [
    {
      in: fills,
      filter: { account_id, execution_id: corrected },
      update: update({ $setOnInsert: before, $set: { booked: true, superseded_by: execution_id } }),
      upsert: true,
    },
    { in: fills, filter: { account_id, execution_id }, update: update({ $setOnInsert: { ...fill, booked: true } }), upsert: true },
  ]
}

/** Says what a fill cost, once that is known. */
export const commissionWrite = ({ account_id, execution_id, commission, commission_currency, fee_quantity }: Fill): JoinedWrite => ({
  in: fills,
  filter: { account_id, execution_id, commission_pending: true },
  update: update({ $set: { commission, commission_currency, commission_pending: false, ...(fee_quantity && { fee_quantity }) } }),
})

/** Fills that a position counts, apart from those that a correction replaced. Uses (strategy_id, time). */
export async function fillsOfPosition(
  store: Store,
  { account_id, strategy_id, instrument_id }: Pick<Fill, 'account_id' | 'strategy_id' | 'instrument_id'>,
  pending: readonly string[],
): Promise<Fill[]> {
  const found = await fills
    .in(store)
    .find({ account_id, strategy_id, instrument_id, $or: [{ booked: true }, { execution_id: { $in: [...pending] } }] })
    .toArray()
  return found.map(fills.read).filter(({ superseded_by }) => superseded_by === undefined)
}

/** A strategy's fills since a moment, newest first; those that a correction replaced count no more. Uses (strategy_id, time). */
export async function fillsOfStrategy(
  store: Store,
  { strategy_id, trading_mode, since, limit }: { strategy_id: string; trading_mode: Fill['trading_mode']; since: Date; limit: number },
): Promise<Fill[]> {
  const found = await fills
    .in(store)
    .find({ strategy_id, time: { $gte: since }, trading_mode, superseded_by: { $exists: false } })
    .sort({ time: -1 })
    .limit(limit)
    .toArray()
  return found.map(fills.read)
}

/** Sets what fills realized, where a correction changed it. */
export const realizedWrites = (account_id: string, realized: ReadonlyMap<string, Decimal>): JoinedWrite[] =>
  [...realized].map(([execution_id, realized_pnl]) => ({
    in: fills,
    filter: { account_id, execution_id },
    update: update({ $set: { realized_pnl } }),
  }))

/** Newest fills of a mode. Uses (trading_mode, time). */
export const latestFills = async (
  store: Store,
  { trading_mode, from, until, limit }: { trading_mode: 'LIVE' | 'PAPER'; from: Date; until: Date; limit: number },
) => {
  const found = await fills
    .in(store)
    .find({ trading_mode, time: { $gte: from, $lte: until } })
    .sort({ time: -1 })
    .limit(limit)
    .toArray()
  return found.map(fills.read)
}

export const fillsOfSignals = async (store: Store, signal_ids: string[]) => {
  const found = await fills
    .in(store)
    .find({ signal_id: { $in: signal_ids }, ...notInShadow })
    .sort({ time: 1 })
    .toArray()
  return found.map(document => fills.read(document))
}

export interface CurrencyResult {
  currency: string
  /** Realized P&L less fees. */
  realized: Decimal
  /** Exit fills that realized more than nothing, and the others. */
  wins: number
  losses: number
}

const sumIf = (condition: object) => ({ $sum: { $cond: [condition, 1, 0] } })

/** What a strategy's booked fills came to, by the currency they are in. Uses (strategy_id, time). */
export async function strategyResults(store: Store, strategy_id: string): Promise<CurrencyResult[]> {
  const groups = await fills
    .in(store)
    .aggregate([
      { $match: { strategy_id, booked: true, ...notInShadow } },
      {
        $group: {
          _id: '$currency',
          realized: { $sum: '$realized_pnl' },
          fees: { $sum: '$commission' },
          wins: sumIf({ $and: ['$is_exit', { $gt: ['$realized_pnl', 0] }] }),
          losses: sumIf({ $and: ['$is_exit', { $lte: ['$realized_pnl', 0] }] }),
        },
      },
    ])
    .toArray()
  return groups.map(({ _id, realized, fees, wins, losses }) => ({
    currency: String(_id),
    realized: new Decimal(String(realized)).minus(String(fees)),
    wins: Number(wins),
    losses: Number(losses),
  }))
}

/** Of these executions of one account, the ones that no position counts. Uses (account_id, execution_id). */
export async function unbookedAmong(
  store: Store,
  executions: readonly { account_id: string; execution_id: string }[],
): Promise<Set<string>> {
  const ids = executions.map(({ execution_id }) => execution_id)
  if (ids.length === 0) return new Set()
  const booked = await fills
    .in(store)
    .find({ account_id: executions[0]?.account_id, execution_id: { $in: ids }, booked: true }, { projection: { execution_id: 1 } })
    .toArray()
  const known = new Set(booked.map(({ execution_id }) => execution_id))
  return new Set(ids.filter(id => !known.has(id)))
}
