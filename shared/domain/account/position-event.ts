import { Decimal, sum, ZERO } from '../money/decimal.ts'
import { type BookableFill, bookFill, type Holding } from './book-fill.ts'

export interface PositionChange {
  event_id: string
  type: 'SPLIT' | 'EXPIRY' | 'ASSIGNMENT' | 'DELIVERY' | 'ROLL'
  instrument_id: string
  /** Signed: what the account's position became more by. */
  quantity_change: Decimal
  /** SPLIT: new units for one old one. */
  ratio: Decimal | null
  /** What it was settled at; null counts as nothing. */
  price: Decimal | null
  into: { instrument_id: string; quantity_change: Decimal; price?: Decimal | null | undefined } | null
}

export interface Holder {
  strategy_id: string
  /** Signed. */
  quantity: Decimal
  avg_price: Decimal
}

/** What one strategy's position in one instrument has to take in. */
export interface EventShare {
  /** Made from the event and the position, so that it is the same whenever it is made. */
  execution_id: string
  strategy_id: string
  instrument_id: string
  /** Signed. */
  quantity_change: Decimal
  /** SPLIT: new units for one old one; then nothing is bought or sold. */
  ratio: Decimal | null
  price: Decimal
}

/** A share is rounded here, towards nothing; the last holder takes what is left. */
const SHARE_DECIMALS = 8

/**
 * An account's position event, divided over the strategies that hold the instrument by how much each holds.
 * @param strike an option's, which is what a unit that comes in its place costs
 */
export function sharesOf(event: PositionChange, holders: readonly Holder[], strike: Decimal | null): EventShare[] {
  const { event_id, type, instrument_id, quantity_change, into } = event
  const held = holders.filter(({ quantity }) => !quantity.isZero())
  const total = sum(held.map(({ quantity }) => quantity))
  if (total.isZero()) return []
  const ratio = type === 'SPLIT' ? (event.ratio ?? total.plus(quantity_change).div(total)) : null
  const own = (change: Decimal, of: string) => {
    const parts = held.map(({ quantity }) => change.times(quantity).div(total).toDecimalPlaces(SHARE_DECIMALS, Decimal.ROUND_DOWN))
    const rest = change.minus(sum(parts))
    return held.map(({ strategy_id, quantity, avg_price }, index) => ({
      execution_id: `${event_id}:${of}:${strategy_id}`,
      strategy_id,
      instrument_id: of,
      quantity_change: ratio ? quantity.times(ratio.minus(1)) : (parts[index] ?? ZERO).plus(index === held.length - 1 ? rest : ZERO),
      ratio,
      price: of === instrument_id ? settledAt(event, avg_price) : (into?.price ?? strike ?? settledAt(event, avg_price)),
    }))
  }
  return [...own(quantity_change, instrument_id), ...(into && !ratio ? own(into.quantity_change, into.instrument_id) : [])]
}

/** A roll without prices realizes nothing: what was paid goes along. */
const settledAt = ({ type, price }: PositionChange, paid: Decimal): Decimal => price ?? (type === 'ROLL' ? paid : ZERO)

/** A holding after its share of an event: a split changes units and prices and realizes nothing, all else is booked like a fill. */
export function bookShare(holding: Holding, share: EventShare, { multiplier, time }: { multiplier: Decimal; time: Date }): Holding {
  if (!share.ratio) return bookFill(holding, fillOfShare(share, time), multiplier)
  const { ratio } = share
  return {
    ...holding,
    quantity: holding.quantity.times(ratio),
    lots: holding.lots.map(lot => ({ ...lot, quantity: lot.quantity.times(ratio), price: lot.price.div(ratio) })),
  }
}

/** The fill that a share which is no split stands for. */
export const fillOfShare = ({ execution_id, quantity_change, price }: EventShare, time: Date): BookableFill => ({
  execution_id,
  action: quantity_change.isNegative() ? 'SELL' : 'BUY',
  quantity: quantity_change.abs(),
  price,
  time,
})
