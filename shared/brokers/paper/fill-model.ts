import type { AssetClass } from '../../domain/instrument.ts'
import { Decimal, ONE, sum, ZERO } from '../../domain/money/decimal.ts'

/** How the paper venue treats one asset class. */
export interface VenueTerms {
  /** Least fee of an order, in the instrument's currency. */
  min_fee: Decimal
  /** Fee in basis points of the value traded. */
  fee_bps: Decimal
  /** Units that one price level shows where the quote does not say. */
  displayed_size: Decimal
}

export interface FillModel {
  /** Worsening of the price in basis points, before rounding to a tick. */
  slippage_bps: Decimal
  /** Most executions of one order; the last takes all that is left. */
  max_executions: number
  terms: Record<Exclude<AssetClass, 'INDEX'>, VenueTerms>
}

const terms = (min_fee: string, fee_bps: string, displayed_size: string): VenueTerms => ({
  min_fee: new Decimal(min_fee),
  fee_bps: new Decimal(fee_bps),
  displayed_size: new Decimal(displayed_size),
})

/** Half a basis point of slippage; fees near what retail brokers publish. */
export const defaultFillModel: FillModel = {
  slippage_bps: new Decimal('0.5'),
  max_executions: 5,
  terms: {
    EQUITY: terms('1', '0.5', '1000'),
    OPTION: terms('1', '5', '50'),
    FUTURE: terms('2', '0.1', '50'),
    FOREX: terms('2', '0.2', '1000000'),
    CRYPTO: terms('0', '10', '10'),
  },
}

export interface Execution {
  price: Decimal
  quantity: Decimal
  /** In the instrument's currency, ≥ 0. */
  commission: Decimal
}

/** What takes from a quote: a market order, or with `limit` a limit order. */
export interface Taker {
  action: 'BUY' | 'SELL'
  /** > 0 */
  quantity: Decimal
  /** The ask for a BUY, the bid for a SELL; > 0. */
  quoted: Decimal
  /** Units shown at `quoted`, null where the quote does not say. */
  displayed: Decimal | null
  tick: Decimal
  lot: Decimal
  multiplier: Decimal
  /** Worst price that it takes; null for any. */
  limit?: Decimal | null
  /** Whether it was there before the quote: then it is filled at its limit, by whoever came to it. */
  rests?: boolean
  /** Whether it has filled before, so that the least fee is paid. */
  paid?: boolean
}

/**
 * The executions of an order against one quote: the quoted price plus slippage, rounded to a tick against the trader, each further one a
 * tick worse than the one before. A market order's quantities sum to its own; a limit order takes what is shown at each price up to its
 * limit, and nothing where the quote is worse. The order's fee is max(min_fee, fee_bps of value); what the minimum adds lies on the first.
 */
export function decideExecutions(order: Taker, venue: VenueTerms, { slippage_bps, max_executions }: FillModel): Execution[] {
  const { limit = null, rests = false, paid = false } = order
  if (limit && isWorse(order, order.quoted, limit)) return []
  const shown = wholeLots(order.displayed ?? venue.displayed_size, order.lot)
  const first = limit && (rests || isWorse(order, slipped(order, slippage_bps), limit)) ? limit : slipped(order, slippage_bps)
  const worse = order.action === 'BUY' ? order.tick : order.tick.neg()
  const executions: Execution[] = []
  let rest = order.quantity
  for (let level = 0; rest.gt(0) && level < max_executions; level += 1) {
    const price = Decimal.max(first.plus(worse.times(level)), order.tick)
    if (limit && isWorse(order, price, limit)) break
    const quantity = !limit && level === max_executions - 1 ? rest : Decimal.min(rest, shown)
    executions.push({ price, quantity, commission: proportionalFee(quantity.times(price).times(order.multiplier), venue) })
    rest = rest.minus(quantity)
  }
  const missing = paid ? ZERO : Decimal.max(venue.min_fee.minus(sum(executions.map(({ commission }) => commission))), ZERO)
  return executions.map((each, level) => (level === 0 ? { ...each, commission: each.commission.plus(missing) } : each))
}

const isWorse = ({ action }: Taker, price: Decimal, limit: Decimal): boolean => (action === 'BUY' ? price.gt(limit) : price.lt(limit))

const wholeLots = (size: Decimal, lot: Decimal): Decimal => Decimal.max(size.div(lot).floor(), ONE).times(lot)

function slipped({ action, quoted, tick }: Taker, slippage_bps: Decimal): Decimal {
  const slip = quoted.times(slippage_bps).div(10_000)
  const ticks = (action === 'BUY' ? quoted.plus(slip) : quoted.minus(slip)).div(tick)
  return (action === 'BUY' ? ticks.ceil() : ticks.floor()).times(tick)
}

/** Rounded up at the eighth decimal, which only the dust of crypto reaches. */
const proportionalFee = (value: Decimal, { fee_bps }: VenueTerms): Decimal =>
  value.times(fee_bps).div(10_000).toDecimalPlaces(8, Decimal.ROUND_UP)
