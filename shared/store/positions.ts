import { z } from 'zod'
import { ZERO } from '../domain/money/decimal.ts'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { instrumentName } from '../messages/instrument.ts'
import { tradingMode } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'

const position = z.object({
  account_id: identifier,
  strategy_id: identifier,
  instrument_id: z.string(),
  instrument: instrumentName,
  broker_id: identifier,
  trading_mode: tradingMode,
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
  closing: z.array(z.object({ order_id: z.string(), quantity: decimal })),
  /** Fills that are in it, but not yet marked as booked. */
  pending_fills: z.array(z.string()),
  current_price: decimal.nullable(),
  unrealized_pnl: decimal.nullable(),
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

export const positions = collection('positions', {
  schema: position,
  indexes: [
    { key: { account_id: 1, strategy_id: 1, instrument_id: 1 }, unique: true },
    { key: { strategy_id: 1, status: 1 } },
    { key: { account_id: 1, status: 1 } },
    { key: { trading_mode: 1, status: 1 } },
  ],
  retention: 'forever',
})

export const positionOf = async (store: Store, { account_id, strategy_id, instrument_id }: PositionId) =>
  readOrNull(positions, await positions.in(store).findOne({ account_id, strategy_id, instrument_id }))

/** What a strategy holds. Uses (strategy_id, status). */
export const openPositionsOf = async (store: Store, strategy_id: string) => {
  const found = await positions.in(store).find({ strategy_id, status: 'OPEN' }).toArray()
  return found.map(positions.read)
}

export const openPositionsIn = async (store: Store, account_id: string) => {
  const found = await positions.in(store).find({ account_id, status: 'OPEN' }).toArray()
  return found.map(positions.read)
}

/** Writes a position computed from the version that was read (0: none was there); tells whether nobody was first. */
export async function replacePosition(store: Store, { version, ...next }: Position): Promise<boolean> {
  const { account_id, strategy_id, instrument_id } = next
  if (version === 0) {
    try {
      await positions.in(store).insertOne({ ...next, version: 1 })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }
  const id = { account_id, strategy_id, instrument_id, version }
  const written = await positions.in(store).updateOne(id, { $set: { ...next, version: version + 1 } })
  return written.modifiedCount === 1
}

/** Takes a booked fill off the list of those that still have to be marked. */
export async function clearPendingFill(
  store: Store,
  { account_id, strategy_id, instrument_id }: PositionId,
  execution_id: string,
): Promise<void> {
  await positions.in(store).updateOne({ account_id, strategy_id, instrument_id }, update({ $pull: { pending_fills: execution_id } }))
}

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
