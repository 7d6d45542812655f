import { randomUUID } from 'node:crypto'
import { Decimal, ZERO } from '../../../shared/domain/money/decimal.ts'
import { classOf, isCoin, isOpen, multiplierOf, type SimAccount, type SimOrder, standing, type World } from './world.ts'

/** An answer that is none of success, in Alpaca's words. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly body: Record<string, unknown>
  constructor(status: number, code: number, message: string, more: Record<string, unknown> = {}) {
    super(message)
    this.status = status
    this.body = { ...more, code, message }
  }
}

const invalid = (message: string) => new Refused(422, 40010001, message)
const unprocessable = (message: string) => new Refused(422, 42210000, message)

const types = ['market', 'limit', 'stop', 'stop_limit', 'trailing_stop']
const times = ['day', 'gtc', 'opg', 'cls', 'ioc', 'fok']
const LONGEST_ID = 128

type Body = Record<string, unknown>

const amountOf = (value: unknown, name: string): Decimal | null => {
  if (value === undefined || value === null || value === '') return null
  const text = String(value)
  if (!/^-?\d+(\.\d+)?$/.test(text)) throw invalid(`invalid ${name}`)
  return new Decimal(text)
}

/** The order of a request. @throws Refused as Alpaca would refuse it */
export function orderFrom(world: World, account: SimAccount, body: Body): SimOrder {
  const symbol = String(body.symbol ?? '')
  if (symbol === '') throw new Refused(422, 40010001, 'symbol is required')
  if (!world.touches.has(symbol)) throw new Refused(422, 42210000, `asset "${symbol}" not found`)
  const side = body.side
  if (side !== 'buy' && side !== 'sell') throw invalid('side is required')
  const qty = amountOf(body.qty, 'qty')
  if (!qty?.gt(0)) throw invalid('qty or notional is required')
  const client_order_id = typeof body.client_order_id === 'string' ? body.client_order_id : randomUUID()
  if (client_order_id.length > LONGEST_ID) throw invalid('client_order_id must be no more than 128 characters')
  if (account.orders.some(each => each.client_order_id === client_order_id)) throw invalid('client_order_id must be unique')
  const order: SimOrder = {
    ...blank(world.now()),
    id: randomUUID(),
    client_order_id,
    symbol,
    asset_class: classOf(symbol),
    qty,
    order_class: typeof body.order_class === 'string' ? body.order_class : 'simple',
    type: String(body.type ?? ''),
    side,
    position_intent: typeof body.position_intent === 'string' ? body.position_intent : null,
    time_in_force: String(body.time_in_force ?? ''),
    limit_price: amountOf(body.limit_price, 'limit_price'),
    stop_price: amountOf(body.stop_price, 'stop_price'),
    trail_price: amountOf(body.trail_price, 'trail_price'),
    trail_percent: amountOf(body.trail_percent, 'trail_percent'),
    extended_hours: body.extended_hours === true,
  }
  checkTerms(order)
  addLegs(order, body)
  checkAccount(world, account, order)
  return order
}

function checkTerms(order: SimOrder): void {
  const { type, time_in_force, symbol, qty, asset_class, order_class, limit_price, stop_price, trail_price, trail_percent } = order
  if (!types.includes(type)) throw invalid('invalid order type')
  if (!times.includes(time_in_force)) throw invalid('invalid time_in_force')
  if (isCoin(symbol) && !['market', 'limit', 'stop_limit'].includes(type)) throw unprocessable('invalid order type for crypto order')
  if (isCoin(symbol) && !['gtc', 'ioc'].includes(time_in_force)) throw unprocessable('invalid crypto time_in_force')
  if (asset_class === 'us_option' && time_in_force !== 'day')
    throw unprocessable('order_time_in_force provided not supported for options trading')
  if (type === 'limit' && order_class !== 'oco' && !limit_price) throw invalid('limit orders require a limit price')
  if (type === 'stop' && !stop_price) throw invalid('stop orders require a stop price')
  if (type === 'stop_limit' && !(stop_price && limit_price)) throw invalid('stop limit orders require both stop and limit price')
  if (type === 'trailing_stop' && !trail_price === !trail_percent)
    throw invalid('trailing stop orders require trail price or trail percent')
  if (asset_class === 'us_equity' && !qty.isInteger() && time_in_force !== 'day')
    throw unprocessable('fractional orders must be DAY orders')
  for (const [name, price] of Object.entries({ limit_price, stop_price })) {
    if (price && asset_class === 'us_equity' && price.decimalPlaces() > (price.gte(1) ? 2 : 4))
      throw unprocessable(`invalid ${name} ${price}. sub-penny increment does not fulfill minimum pricing criteria`)
  }
}

/** Closing orders of a group, which Alpaca names itself. */
function addLegs(order: SimOrder, body: Body): void {
  const { order_class } = order
  if (order_class === 'simple' || order_class === '') return
  if (isCoin(order.symbol)) throw unprocessable('crypto orders not allowed for advanced order_class: otoco')
  if (!['day', 'gtc'].includes(order.time_in_force)) throw unprocessable(`${order_class} orders must be DAY or GTC time in force`)
  const profit = amountOf((body.take_profit as Body | undefined)?.limit_price, 'take_profit.limit_price')
  const loss = amountOf((body.stop_loss as Body | undefined)?.stop_price, 'stop_loss.stop_price')
  if (order_class === 'bracket' && !(profit && loss))
    throw unprocessable('bracket orders require take_profit.limit_price and stop_loss.stop_price')
  if (order_class === 'oto' && !profit === !loss) throw unprocessable('oto orders require exactly one of take_profit and stop_loss')
  if (profit && loss && profit.lte(loss) !== (order.side === (order_class === 'oco' ? 'buy' : 'sell')))
    throw unprocessable('take_profit.limit_price must be > stop_loss.stop_price')
  if (order_class === 'oco') {
    if (!profit || !loss) throw unprocessable('oco orders require take_profit.limit_price and stop_loss.stop_price')
    order.limit_price = profit
    order.legs = [leg(order, { type: 'stop', side: order.side, stop_price: loss })]
    return
  }
  const side = order.side === 'buy' ? 'sell' : 'buy'
  order.legs = [
    ...(profit ? [leg(order, { type: 'limit', side, limit_price: profit })] : []),
    ...(loss ? [leg(order, { type: 'stop', side, stop_price: loss })] : []),
  ]
}

const leg = (parent: SimOrder, own: Partial<SimOrder>): SimOrder => ({
  ...blank(parent.created_at),
  id: randomUUID(),
  client_order_id: randomUUID(),
  symbol: parent.symbol,
  asset_class: parent.asset_class,
  qty: parent.qty,
  order_class: parent.order_class,
  type: '',
  side: parent.side,
  time_in_force: parent.time_in_force,
  status: 'held',
  parent,
  ...own,
})

const blank = (at: Date) => ({
  filled_qty: ZERO,
  filled_value: ZERO,
  position_intent: null,
  limit_price: null,
  stop_price: null,
  trail_price: null,
  trail_percent: null,
  hwm: null,
  triggered: false,
  status: 'accepted',
  extended_hours: false,
  legs: [] as SimOrder[],
  parent: null as SimOrder | null,
  replaces: null,
  replaced_by: null,
  created_at: at,
  updated_at: at,
  filled_at: null,
  canceled_at: null,
  expired_at: null,
  failed_at: null,
  replaced_at: null,
})

/** Money, shares, and orders of ours on the other side. */
function checkAccount(world: World, account: SimAccount, order: SimOrder): void {
  if (account.blocked) throw new Refused(403, 40310000, 'account is blocked')
  const { symbol, side, qty, position_intent } = order
  const held = account.positions.get(symbol)?.qty ?? ZERO
  const open = account.orders.filter(each => each.symbol === symbol && isOpen(each) && each.status !== 'held')
  const opposite = open.find(each => each.side !== side && each.parent === null && each.order_class === 'simple' && crosses(each, order))
  if (opposite) {
    throw new Refused(403, 40310000, 'potential wash trade detected. use complex orders', {
      existing_order_id: opposite.id,
      reject_reason: 'opposite side market/stop order exists',
    })
  }
  if (position_intent?.endsWith('_to_close') && (side === 'sell' ? held.lte(0) : held.gte(0)))
    throw new Refused(422, 42210000, `position intent mismatch, inferred: ${side}_to_open, specified: ${position_intent}`)
  const closes = side === 'sell' ? held.gt(0) : held.lt(0)
  if (closes) {
    checkShares(account, order, held)
    return
  }
  if (side === 'sell' && isCoin(symbol)) throw insufficientCoins(symbol, { qty, available: ZERO })
  checkMoney(world, account, order)
}

const crosses = (one: SimOrder, other: SimOrder): boolean => {
  if (one.type === 'market' || other.type === 'market') return false // it has filled, or will at once
  if (!one.limit_price || !other.limit_price) return true
  const [buy, sell] = one.side === 'buy' ? [one, other] : [other, one]
  return (buy.limit_price ?? ZERO).gte(sell.limit_price ?? ZERO)
}

function checkShares(account: SimAccount, { symbol, side, qty }: SimOrder, held: Decimal): void {
  const held_for_orders = account.orders
    .filter(each => each.symbol === symbol && each.side === side && isOpen(each) && each.parent === null)
    .reduce((sum, each) => sum.plus(each.qty.minus(each.filled_qty)), ZERO)
  const available = held.abs().minus(held_for_orders)
  if (qty.lte(available)) return
  if (isCoin(symbol)) throw insufficientCoins(symbol, { qty, available })
  throw new Refused(403, 40310000, `insufficient qty available for order (requested: ${qty}, available: ${available})`, {
    available: available.toFixed(),
    existing_qty: held.toFixed(),
    held_for_orders: held_for_orders.toFixed(),
    symbol,
  })
}

const insufficientCoins = (symbol: string, { qty, available }: { qty: Decimal; available: Decimal }) =>
  new Refused(403, 40310000, `insufficient balance for ${symbol.split('/')[0]} (requested: ${qty}, available: ${available})`, { symbol })

function checkMoney(world: World, account: SimAccount, order: SimOrder): void {
  const touch = world.touches.get(order.symbol)
  const price = order.limit_price ?? order.stop_price ?? touch?.ask ?? ZERO
  const cost_basis = order.qty.times(price).times(multiplierOf(order.symbol))
  const { buying_power, equity, initial_margin } = standing(world, account)
  const free = order.asset_class === 'us_equity' ? buying_power : equity.minus(initial_margin)
  if (cost_basis.lte(free)) return
  throw new Refused(403, 40310000, 'insufficient buying power', { buying_power: free.toFixed(2), cost_basis: cost_basis.toFixed(2) })
}
