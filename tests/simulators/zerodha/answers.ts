import { debits, end, isOpen, placeOrder, positionsOf, work } from './book.ts'
import { istStamp } from './ist.ts'
import { KiteError } from './kite-error.ts'
import type { Listed, User, World } from './shapes.ts'

/** A request by a user who is logged in. */
export interface Asked {
  world: World
  user: User
  /** What the path names, in its order. */
  named: string[]
  query: URLSearchParams
  form: Record<string, string>
  json: unknown
}

type Answer = (asked: Asked) => unknown

const order = ({ user, named }: Asked, at: number) => {
  const found = user.orders.find(({ order_id }) => order_id === named[at])
  if (!found) throw new KiteError('OrderException', 'Order does not exist.')
  return found
}

const working = (asked: Asked) => {
  const found = order(asked, 1)
  if (!isOpen(found)) throw new KiteError('OrderException', `Order cannot be changed, it is ${found.status}.`)
  return found
}

const segment = (net: number, cash: number, used: number) => ({
  enabled: true,
  net,
  available: { adhoc_margin: 0, cash, opening_balance: cash, live_balance: net, collateral: 0, intraday_payin: 0 },
  utilised: { debits: used, exposure: 0, m2m_realised: 0, m2m_unrealised: 0, option_premium: 0, payout: 0, span: 0, holding_sales: 0 },
})

const quoted = ({ world, query }: Asked, shape: (listed: Listed, name: string) => object) =>
  Object.fromEntries(
    query.getAll('i').flatMap(name => {
      const [exchange = '', tradingsymbol = ''] = name.split(':')
      const listed = world.listed(exchange, tradingsymbol)
      return listed && world.priceOf(exchange, tradingsymbol) ? [[name, shape(listed, name)]] : []
    }),
  )

const priceOf = ({ world }: Asked, { exchange, tradingsymbol }: Listed) =>
  world.priceOf(exchange, tradingsymbol) ?? { bid: 0, ask: 0, last: 0 }

/** What Kite answers at each address. */
export const answers: [RegExp, Answer][] = [
  [
    /^GET \/user\/profile$/,
    ({ user: { user_id } }) => ({ user_id, user_type: 'individual', user_name: user_id, broker: 'ZERODHA', exchanges: ['NSE'], meta: {} }),
  ],
  [
    /^GET \/user\/margins$/,
    ({ world, user }) => {
      const used = debits(world, user)
      return { equity: segment(user.cash - used, user.cash, used), commodity: segment(0, 0, 0) }
    },
  ],
  [
    /^POST \/orders\/(regular|amo|co|iceberg|auction)$/,
    ({ world, user, form, named: [variety = ''] }) => ({ order_id: placeOrder(world, user, form, variety).order_id }),
  ],
  [
    /^PUT \/orders\/(\w+)\/(\w+)$/,
    asked => {
      const { world, user, form } = asked
      const found = working(asked)
      const { quantity, price, trigger_price } = form
      if (quantity !== undefined && Number(quantity) < found.filled_quantity) throw new KiteError('InputException', 'Invalid `quantity`.')
      if (quantity !== undefined) found.quantity = Number(quantity)
      found.pending_quantity = found.quantity - found.filled_quantity
      if (price !== undefined) found.price = Number(price)
      if (trigger_price !== undefined) found.trigger_price = Number(trigger_price)
      found.modified = true
      found.exchange_update_timestamp = istStamp(world.now())
      world.changed(user, found)
      work(world, user, found)
      return { order_id: found.order_id }
    },
  ],
  [
    /^DELETE \/orders\/(\w+)\/(\w+)$/,
    asked => {
      const found = working(asked)
      end(asked.world, asked.user, found, 'CANCELLED')
      return { order_id: found.order_id }
    },
  ],
  [/^GET \/orders$/, ({ user }) => user.orders],
  [/^GET \/orders\/(\w+)\/trades$/, asked => asked.user.trades.filter(({ order_id }) => order_id === order(asked, 0).order_id)],
  [/^GET \/orders\/(\w+)$/, asked => [order(asked, 0)]],
  [/^GET \/trades$/, ({ user }) => user.trades],
  [
    /^GET \/portfolio\/positions$/,
    ({ world, user }) => {
      const net = positionsOf(world, user)
      return { net, day: net }
    },
  ],
  [
    /^GET \/portfolio\/holdings$/,
    ({ world, user }) =>
      user.holdings.map(each => ({
        ...each,
        instrument_token: world.listed(each.exchange, each.tradingsymbol)?.instrument_token ?? 0,
        product: 'CNC',
        used_quantity: 0,
        t1_quantity: 0,
        realised_quantity: each.quantity,
        opening_quantity: each.quantity,
        last_price: world.priceOf(each.exchange, each.tradingsymbol)?.last ?? 0,
      })),
  ],
  [
    /^GET \/quote$/,
    asked =>
      quoted(asked, listed => {
        const { bid, ask, last } = priceOf(asked, listed)
        return {
          instrument_token: listed.instrument_token,
          timestamp: istStamp(asked.world.now()),
          last_trade_time: istStamp(asked.world.now()),
          last_price: last,
          ohlc: { open: last, high: last, low: last, close: last },
          depth: {
            buy: [
              { price: bid, quantity: 100, orders: 1 },
              { price: 0, quantity: 0, orders: 0 },
            ],
            sell: [
              { price: ask, quantity: 100, orders: 1 },
              { price: 0, quantity: 0, orders: 0 },
            ],
          },
        }
      }),
  ],
  [
    /^GET \/quote\/ohlc$/,
    asked =>
      quoted(asked, listed => {
        const { last } = priceOf(asked, listed)
        return { instrument_token: listed.instrument_token, last_price: last, ohlc: { open: last, high: last, low: last, close: last } }
      }),
  ],
  [
    /^GET \/quote\/ltp$/,
    asked => quoted(asked, listed => ({ instrument_token: listed.instrument_token, last_price: priceOf(asked, listed).last })),
  ],
  [
    /^GET \/instruments\/historical\/(\d+)\/(\w+)$/,
    ({ query }) => {
      const [from, to] = [query.get('from'), query.get('to')].map(text => Date.parse(`${text?.slice(0, 10)}T00:00:00Z`)) as [number, number]
      const days = Array.from({ length: Math.max(0, (to - from) / 86_400_000 + 1) }, (_, index) => new Date(from + index * 86_400_000))
      const open = days.filter(day => ![0, 6].includes(day.getUTCDay()))
      return {
        candles: open.map((day, index) => [`${day.toISOString().slice(0, 10)}T00:00:00+0530`, 99, 101, 98, 100 + index / 100, 1000]),
      }
    },
  ],
  [
    /^POST \/margins\/orders$/,
    ({ world, json }) =>
      (json as Record<string, string & number>[]).map(({ exchange = '', tradingsymbol = '', quantity = 0, price, product = '' }) => {
        const share = product === 'CNC' ? 1 : product === 'MIS' ? 0.2 : 0.15
        const value = (price || (world.priceOf(exchange, tradingsymbol)?.ask ?? 0)) * quantity
        return {
          type: 'equity',
          tradingsymbol,
          exchange,
          span: 0,
          exposure: 0,
          var: value * share,
          charges: { total: 1.25 },
          total: value * share,
        }
      }),
  ],
  [
    /^POST \/charges\/orders$/,
    ({ json }) => (json as Record<string, unknown>[]).map(each => ({ ...each, charges: { brokerage: 0.01, total: 1.25 } })),
  ],
]
