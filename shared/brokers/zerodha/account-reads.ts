import { type Decimal, ONE, sum, ZERO } from '../../domain/money/decimal.ts'
import type { Balance, BrokerPosition, Margin } from '../broker.ts'
import type { Contracts, Known } from './contracts.ts'
import { type Line, together } from './line.ts'
import { type KiteHolding, type KiteMargins, type KitePosition, kiteHoldings, kiteMargins, kitePositions } from './wire.ts'

const margins = (line: Line): Promise<KiteMargins> =>
  line.ask({ kind: 'other', what: 'user/margins', schema: kiteMargins, from: client => client.getMargins() })

const net = async (line: Line): Promise<KitePosition[]> =>
  (await line.ask({ kind: 'other', what: 'portfolio/positions', schema: kitePositions, from: client => client.getPositions() })).net

const holdings = (line: Line): Promise<KiteHolding[]> =>
  line.ask({ kind: 'other', what: 'portfolio/holdings', schema: kiteHoldings, from: client => client.getHoldings() })

const isDerivative = (exchange: string): boolean => exchange !== 'NSE' && exchange !== 'BSE'
const isFuture = ({ exchange, tradingsymbol }: KitePosition): boolean => isDerivative(exchange) && tradingsymbol.endsWith('FUT')

/** What lay there at the day's start: what was bought or sold of it today stands among the positions. */
const heldOf = ({ opening_quantity, quantity, t1_quantity, used_quantity }: KiteHolding): Decimal =>
  opening_quantity ?? quantity.plus(t1_quantity).plus(used_quantity)

/** Both of Kite's segments; one that is not enabled has nothing. */
const segments = ({ equity, commodity }: KiteMargins) => [equity, commodity].flatMap(each => (each?.enabled ? [each] : []))

/**
 * What a position is worth beyond the day's opening cash: today's sales less today's purchases, and what is held at its last price. Futures
 * are settled every day, so that theirs is today's result alone.
 */
const worth = (position: KitePosition): Decimal => {
  const { day_sell_value, day_buy_value, quantity, last_price, multiplier, m2m } = position
  return isFuture(position) ? m2m : day_sell_value.minus(day_buy_value).plus(quantity.times(last_price).times(multiplier))
}

const unrealized = ({ quantity, average_price, last_price, multiplier }: KitePosition): Decimal =>
  last_price.minus(average_price).times(quantity).times(multiplier)

export async function readBalance(line: Line): Promise<Balance> {
  const [margin, positions, held] = await together([margins(line), net(line), holdings(line)])
  const own = segments(margin)
  const cash = sum(own.map(({ available }) => available.cash))
  const shares = sum(held.map(each => heldOf(each).times(each.last_price)))
  const open = sum(positions.map(unrealized))
  return {
    account_id: line.place.account_id,
    equity: cash.plus(shares).plus(sum(positions.map(worth))),
    cash,
    margin_used: sum(own.map(({ utilised }) => utilised.debits)),
    margin_available: sum(own.map(each => each.net)),
    unrealized_pnl: open.plus(sum(held.map(each => each.last_price.minus(each.average_price).times(heldOf(each))))),
    realized_pnl: sum(positions.map(({ pnl }) => pnl)).minus(open),
  }
}

export async function readMargin(line: Line): Promise<Margin> {
  const own = segments(await margins(line))
  const used = sum(own.map(({ utilised }) => utilised.debits))
  return { account_id: line.place.account_id, initial: used, maintenance: used, available: sum(own.map(each => each.net)) }
}

interface Held {
  known: Known
  /** In Kite's units. */
  quantity: Decimal
  average: Decimal
  last: Decimal
  /** Lots at MCX and CDS stand for many units; Kite says how many. */
  multiplier: Decimal
}

/** What is held of each instrument, over products, days and exchanges. */
export async function readPositions(line: Line, contracts: Contracts): Promise<BrokerPosition[]> {
  const [positions, held] = await together([net(line), holdings(line)])
  const parts = await Promise.all([
    ...held.map(async (each): Promise<Held> => {
      const known = await contracts.known(each.exchange, each.tradingsymbol)
      return { known, quantity: heldOf(each), average: each.average_price, last: each.last_price, multiplier: ONE }
    }),
    ...positions.map(async (each): Promise<Held> => {
      const known = await contracts.known(each.exchange, each.tradingsymbol)
      return { known, quantity: each.quantity, average: each.average_price, last: each.last_price, multiplier: each.multiplier }
    }),
  ])
  return [...Map.groupBy(parts, ({ known }) => known.instrument_id)].flatMap(([instrument_id, own]) => {
    const quantity = sum(own.map(each => each.quantity))
    const [first] = own
    if (!first || quantity.isZero()) return []
    const { known } = first
    const last = own.find(each => each.last.gt(0))?.last ?? ZERO
    // What stands against the whole was sold out of it, and changes its quantity alone.
    const sided = own.filter(each => each.quantity.isNegative() === quantity.isNegative() && !each.quantity.isZero())
    const cost = sum(sided.map(each => each.average.times(each.quantity)))
    const avg_price = cost.div(sum(sided.map(each => each.quantity)))
    const ours = quantity.div(known.units)
    return [
      {
        account_id: line.place.account_id,
        instrument_id,
        symbol: known.symbol,
        side: ours.isNegative() ? ('SHORT' as const) : ('LONG' as const),
        quantity: ours,
        avg_price,
        current_price: last,
        unrealized_pnl: last.minus(avg_price).times(quantity).times(first.multiplier),
      },
    ]
  })
}
