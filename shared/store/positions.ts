import { z } from 'zod'
import { unrealizedPnl } from '../domain/account/book-fill.ts'
import { type Decimal, ZERO } from '../domain/money/decimal.ts'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { instrumentName } from '../messages/instrument.ts'
import { bookMode } from '../messages/signal.ts'
import { collection, readOrNull, type Store, update } from './collection.ts'
import { readAll } from './query.ts'
import { notInShadow } from './shadow.ts'
import { type JoinedWrite, writeTogether } from './write-together.ts'

const position = z.object({
  account_id: identifier,
  strategy_id: identifier,
  instrument_id: z.string(),
  instrument: instrumentName,
  broker_id: identifier,
  trading_mode: bookMode,
  status: z.enum(['OPEN', 'CLOSED']),
  /** Signed. */
  quantity: decimal,
  /** Σ signed quantity × price × multiplier of what is open, in the instrument's currency. */
  cost: decimal,
  avg_price: decimal,
  realized_pnl: decimal,
  fees: decimal,
  lots: z.array(z.object({ execution_id: z.string(), quantity: decimal, price: decimal, opened_at: date })),
  /** Quantities that working exits have claimed. */
  closing: z.array(z.object({ order_id: z.string(), quantity: decimal, at: date })),
  /** Fills that are in it, but not yet marked as booked. */
  pending_fills: z.array(z.object({ execution_id: z.string(), realized_pnl: decimal })),
  /** The latest execution in it: one from before makes it be computed anew. */
  last_fill: z.object({ time: date, execution_id: z.string() }).optional(),
  current_price: decimal.nullable(),
  /** In the instrument's currency, and in the fund's: null without a mark or a rate. */
  unrealized_pnl: decimal.nullable(),
  unrealized_pnl_fund: decimal.nullish(),
  opened_at: date,
  updated_at: date,
  version: z.number(),
})
export type Position = z.output<typeof position>

export interface PositionId {
  account_id: string
  strategy_id: string
  instrument_id: string
}

const positions = collection('positions', {
  schema: position,
  indexes: [
    { key: { account_id: 1, strategy_id: 1, instrument_id: 1 }, unique: true },
    { key: { strategy_id: 1, status: 1 } },
    { key: { account_id: 1, status: 1 } },
    { key: { trading_mode: 1, status: 1 } },
    { key: { 'closing.at': 1 } },
  ],
  retention: 'forever',
})

export const positionQuery = ({ account_id, strategy_id, instrument_id }: PositionId) => ({
  in: positions,
  filter: { account_id, strategy_id, instrument_id },
})

export const positionOf = async (store: Store, { account_id, strategy_id, instrument_id }: PositionId) =>
  readOrNull(positions, await positions.in(store).findOne({ account_id, strategy_id, instrument_id }))

/** A figure for risk: a decimal as a number. */
const figure = z.unknown().transform(value => Number(String(value)))

const holding = z.object({
  strategy_id: z.string(),
  trading_mode: bookMode,
  instrument_id: z.string(),
  quantity: figure,
  avg_price: figure,
  current_price: z.union([z.null(), figure]),
  instrument: z.object({ currency: z.string(), multiplier: figure }),
})
export type Holding = z.output<typeof holding>

/** What all strategies hold, as far as the risk of it goes. Uses (trading_mode, status). */
export const holdingsQuery = (inShadow = false) => ({
  in: positions,
  filter: { trading_mode: { $in: inShadow ? ['SHADOW'] : ['LIVE', 'PAPER'] }, status: 'OPEN' },
  fields: [
    'strategy_id',
    'trading_mode',
    'instrument_id',
    'quantity',
    'avg_price',
    'current_price',
    'instrument.currency',
    'instrument.multiplier',
  ],
  part: holding,
})

/** What a strategy holds, or a version in shadow for it. Uses (strategy_id, status). */
export const openPositionsQuery = (strategy_id: string, inShadow = false) => ({
  in: positions,
  filter: { strategy_id, status: 'OPEN', ...(inShadow ? { trading_mode: 'SHADOW' } : notInShadow) },
})

export const openPositionsOf = (store: Store, strategy_id: string, inShadow = false) =>
  readAll(store, openPositionsQuery(strategy_id, inShadow))

/** Everything that is held. Uses (trading_mode, status). */
export const allOpenPositions = (store: Store) =>
  readAll(store, { in: positions, filter: { trading_mode: { $in: ['LIVE', 'PAPER'] }, status: 'OPEN' } })

export const openPositionsIn = async (store: Store, account_id: string) => {
  const found = await positions.in(store).find({ account_id, status: 'OPEN' }).toArray()
  return found.map(positions.read)
}

/** A strategy's positions in a mode, closed ones too. Uses (strategy_id, status). */
export const positionsOfStrategy = (store: Store, { strategy_id, trading_mode }: Pick<Position, 'strategy_id' | 'trading_mode'>) =>
  readAll(store, { in: positions, filter: { strategy_id, status: { $in: ['OPEN', 'CLOSED'] }, trading_mode } })

/** Writes a position computed from the version that was read (0: none was there), unless somebody was first. */
export function positionWrite({ version, ...next }: Position): JoinedWrite {
  if (version === 0) return { in: positions, insert: { ...next, version: 1 } }
  const { account_id, strategy_id, instrument_id } = next
  const filter = { account_id, strategy_id, instrument_id, version }
  return { in: positions, filter, update: { $set: { ...next, version: version + 1 } } }
}

/** Tells whether nobody was first. */
export const replacePosition = async (store: Store, next: Position): Promise<boolean> =>
  (await writeTogether(store, [positionWrite(next)]))[0] === 'written'

/** Claims quantities of a position for exit orders, in place of what those claimed before; tells whether nobody was first. */
export async function claimQuantity(store: Store, { closing, version, ...id }: Position, claims: Position['closing']): Promise<boolean> {
  const { account_id, strategy_id, instrument_id } = id
  const others = closing.filter(({ order_id }) => !claims.some(claim => claim.order_id === order_id))
  const written = await positions
    .in(store)
    .updateOne(
      { account_id, strategy_id, instrument_id, version },
      update({ $set: { closing: [...others, ...claims] }, $inc: { version: 1 } }),
    )
  return written.modifiedCount === 1
}

interface Replacement {
  /** Whose claim goes. */
  replaced: string
  claims: Position['closing']
}

/** Puts claims in place of an order's own, and of earlier ones of theirs; tells whether nobody moved the position meanwhile. */
export async function claimQuantities(
  store: Store,
  { closing, version, ...id }: Position,
  { replaced, claims }: Replacement,
): Promise<boolean> {
  const { account_id, strategy_id, instrument_id } = id
  const gone = new Set([replaced, ...claims.map(({ order_id }) => order_id)])
  const others = closing.filter(({ order_id }) => !gone.has(order_id))
  const written = await positions
    .in(store)
    .updateOne(
      { account_id, strategy_id, instrument_id, version },
      update({ $set: { closing: [...others, ...claims] }, $inc: { version: 1 } }),
    )
  return written.modifiedCount === 1
}

/** Takes a booked fill off the list of those that still have to be marked. */
export const clearPendingFill = ({ account_id, strategy_id, instrument_id }: PositionId, execution_id: string): JoinedWrite => ({
  in: positions,
  filter: { account_id, strategy_id, instrument_id },
  update: update({ $pull: { pending_fills: { execution_id } } }),
})

/** A position that nothing was ever booked in. */
export const newPosition = (id: PositionId & Pick<Position, 'instrument' | 'broker_id' | 'trading_mode'>, at: Date): Position => ({
  ...id,
  status: 'CLOSED',
  quantity: ZERO,
  cost: ZERO,
  avg_price: ZERO,
  realized_pnl: ZERO,
  fees: ZERO,
  lots: [],
  closing: [],
  pending_fills: [],
  current_price: null,
  unrealized_pnl: null,
  opened_at: at,
  updated_at: at,
  version: 0,
})

interface Marks {
  /** By instrument. */
  prices: ReadonlyMap<string, Decimal>
  /** Fund currency for one unit of each currency. */
  rates: ReadonlyMap<string, Decimal>
}

/** Marks positions; unrealized P&L in the instrument's currency, and where there is a rate in the fund's. */
export async function markPositions(store: Store, held: readonly Position[], { prices, rates }: Marks): Promise<void> {
  const writes = held.flatMap(position => {
    const current_price = prices.get(position.instrument_id)
    if (!current_price) return []
    const { account_id, strategy_id, instrument_id, version } = position
    const unrealized_pnl = unrealizedPnl(position, current_price, position.instrument.multiplier)
    const rate = rates.get(position.instrument.currency)
    const unrealized_pnl_fund = rate ? unrealized_pnl.times(rate) : null
    // Only the position that the figure was computed from: one that moved meanwhile is marked by the reading that follows its fill.
    const filter = { account_id, strategy_id, instrument_id, version }
    return [{ updateOne: { filter, update: { $set: { current_price, unrealized_pnl, unrealized_pnl_fund } } } }]
  })
  if (writes.length > 0) await positions.in(store).bulkWrite(writes, { ordered: false })
}

/** Positions with a claim from before a moment. Uses (closing.at). */
export const positionsWithClaims = async (store: Store, before: Date) => {
  const found = await positions
    .in(store)
    .find({ 'closing.at': { $lt: before } })
    .limit(1000)
    .toArray()
  return found.map(positions.read)
}

/** Gives back what an exit claimed; nothing happens where the position moved since it was read. */
export const dropClaim = (store: Store, position: Position, order_id: string): Promise<boolean> =>
  replacePosition(store, { ...position, closing: position.closing.filter(claim => claim.order_id !== order_id) })

export const countOpenPositions = (store: Store, trading_mode: 'LIVE' | 'PAPER'): Promise<number> =>
  positions.in(store).countDocuments({ trading_mode, status: 'OPEN' })
