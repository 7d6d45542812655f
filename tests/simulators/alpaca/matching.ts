import { randomUUID } from 'node:crypto'
import { Decimal, ZERO } from '../../../shared/domain/money/decimal.ts'
import { isCoin, isOpen, multiplierOf, type SimAccount, type SimOrder, type Touch, type World } from './world.ts'

/** Works every open order of an account in a symbol against its quote. */
export function workSymbol(world: World, account: SimAccount, symbol: string): void {
  const touch = world.touches.get(symbol)
  if (!touch) return
  for (const order of account.orders.filter(each => each.symbol === symbol && isOpen(each))) workOrder(world, { account, order, touch })
}

interface Work {
  account: SimAccount
  order: SimOrder
  touch: Touch
}

export function workOrder(world: World, work: Work): void {
  const { account, order, touch } = work
  if (!isOpen(order) || order.status === 'pending_cancel' || order.type === '') return
  if (order.time_in_force === 'opg' || order.time_in_force === 'cls') return // until their auction
  if (!world.open && !isCoin(order.symbol)) return
  if (order.status === 'held' && !heldMayWork(order, touch)) return
  trail(order, touch)
  if (!isTriggered(order, touch)) return
  const price = order.side === 'buy' ? touch.ask : touch.bid
  const within = order.limit_price === null || (order.side === 'buy' ? price.lte(order.limit_price) : price.gte(order.limit_price))
  const left = order.qty.minus(order.filled_qty)
  if (within) for (const piece of piecesOf(world, order)) fill(world, account, { order, price, qty: piece })
  else if (order.time_in_force === 'ioc' || order.time_in_force === 'fok') end(world, account, { order, status: 'canceled' })
  if (order.time_in_force === 'ioc' && isOpen(order) && left.gt(0) && within) end(world, account, { order, status: 'canceled' })
}

/** The worse side of a group is held until the market reaches it. */
const heldMayWork = (order: SimOrder, touch: Touch): boolean => entryHasFilled(order) && isTriggered(order, touch)
const entryHasFilled = ({ parent }: SimOrder): boolean => parent === null || parent.order_class === 'oco' || parent.status === 'filled'

function isTriggered(order: SimOrder, touch: Touch): boolean {
  const stop = order.type === 'trailing_stop' ? trailStop(order) : order.type.startsWith('stop') ? order.stop_price : null
  if (stop === null || order.triggered) return true
  order.triggered = order.side === 'buy' ? touch.ask.gte(stop) : touch.bid.lte(stop)
  return order.triggered
}

function trail(order: SimOrder, touch: Touch): void {
  if (order.type !== 'trailing_stop') return
  const price = order.side === 'sell' ? touch.bid : touch.ask
  order.hwm = order.hwm === null ? price : order.side === 'sell' ? Decimal.max(order.hwm, price) : Decimal.min(order.hwm, price)
  order.stop_price = trailStop(order)
}

const trailStop = ({ hwm, trail_price, trail_percent, side }: SimOrder): Decimal | null => {
  if (hwm === null) return null
  const distance = trail_price ?? hwm.times(trail_percent ?? ZERO).div(100)
  return side === 'sell' ? hwm.minus(distance) : hwm.plus(distance)
}

function piecesOf({ pieces, pieces_at_once }: World, { qty, filled_qty, symbol }: SimOrder): Decimal[] {
  const left = qty.minus(filled_qty)
  if (pieces <= 1) return [left]
  const size = qty.div(pieces).toDecimalPlaces(isCoin(symbol) ? 8 : 0, Decimal.ROUND_UP)
  const found: Decimal[] = []
  for (let rest = left; rest.gt(0) && found.length < pieces_at_once; rest = rest.minus(size)) found.push(Decimal.min(size, rest))
  return found
}

export function fill(world: World, account: SimAccount, { order, price, qty }: { order: SimOrder; price: Decimal; qty: Decimal }): void {
  const at = world.now()
  order.filled_qty = order.filled_qty.plus(qty)
  order.filled_value = order.filled_value.plus(qty.times(price))
  const whole = order.filled_qty.gte(order.qty)
  order.status = whole ? 'filled' : 'partially_filled'
  order.updated_at = at
  order.filled_at = at
  const position_qty = book(account, { order, price, qty })
  const execution_id = randomUUID()
  account.activities.push({
    id: `${newYorkStamp(at)}::${execution_id}`,
    activity_type: 'FILL',
    at,
    fields: {
      transaction_time: at.toISOString(),
      type: whole ? 'fill' : 'partial_fill',
      price: price.toFixed(),
      qty: qty.toFixed(),
      side: order.side,
      symbol: order.symbol,
      leaves_qty: order.qty.minus(order.filled_qty).toFixed(),
      order_id: order.id,
      cum_qty: order.filled_qty.toFixed(),
      order_status: order.status,
    },
  })
  world.tell(account, { event: whole ? 'fill' : 'partial_fill', order, at, fill: { execution_id, price, qty, position_qty } })
  if (whole) afterFill(world, account, order)
}

function book(account: SimAccount, { order, price, qty }: { order: SimOrder; price: Decimal; qty: Decimal }): Decimal {
  const { symbol, asset_class, side } = order
  const change = side === 'buy' ? qty : qty.negated()
  account.cash = account.cash.minus(change.times(price).times(multiplierOf(symbol)))
  const held = account.positions.get(symbol) ?? { symbol, asset_class, qty: ZERO, avg_entry_price: ZERO }
  const after = held.qty.plus(change)
  const grows = held.qty.isZero() || held.qty.isNegative() === change.isNegative()
  if (grows) held.avg_entry_price = held.qty.times(held.avg_entry_price).plus(change.times(price)).div(after)
  else if (!after.isZero() && after.isNegative() !== held.qty.isNegative()) held.avg_entry_price = price
  held.qty = after
  if (after.isZero()) account.positions.delete(symbol)
  else account.positions.set(symbol, held)
  return after
}

/** An entry wakes what closes it; one closing order ends the other. */
function afterFill(world: World, account: SimAccount, order: SimOrder): void {
  if (order.parent === null && order.order_class !== 'oco') {
    for (const leg of order.legs) leg.status = leg.type === 'limit' ? 'new' : 'held'
    for (const leg of order.legs.filter(({ status }) => status === 'new'))
      world.tell(account, { event: 'new', order: leg, at: world.now() })
    return
  }
  for (const other of siblings(order)) if (isOpen(other)) end(world, account, { order: other, status: 'canceled' })
}

const siblings = (order: SimOrder): SimOrder[] => {
  const { parent } = order
  if (order.order_class === 'oco' && parent === null) return order.legs
  if (!parent) return []
  return [...parent.legs, ...(parent.order_class === 'oco' ? [parent] : [])].filter(each => each !== order)
}

/** Ends an order and whatever belongs to it. */
export function end(world: World, account: SimAccount, { order, status }: { order: SimOrder; status: 'canceled' | 'expired' }): void {
  if (!isOpen(order)) return
  const at = world.now()
  order.status = status
  order.updated_at = at
  if (status === 'canceled') order.canceled_at = at
  else order.expired_at = at
  world.tell(account, { event: status, order, at })
  for (const other of [...order.legs, ...siblings(order)]) end(world, account, { order: other, status })
}

/** `20210127144930176`: New York's clock to the millisecond. */
export function newYorkStamp(at: Date): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: 'America/New_York',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  }).formatToParts(at)
  return parts
    .filter(({ type }) => type !== 'literal')
    .map(({ value }) => value)
    .join('')
}
