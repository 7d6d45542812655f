import { randomUUID } from 'node:crypto'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import type { Faults } from './faults.ts'
import { end, fill, workOrder } from './matching.ts'
import { orderFrom, Refused } from './rules.ts'
import { accountBody, orderBody, positionBody } from './wire.ts'
import { isOpen, type SimAccount, type SimOrder, type World } from './world.ts'

export interface Asked {
  method: string
  path: string
  query: URLSearchParams
  body: Record<string, unknown>
}

export type Answer = { status: number; body: unknown }

interface Site {
  world: World
  account: SimAccount
  faults: Faults
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const notFound = (what: string) => new Refused(404, 40410000, `${what} not found`)

/** Trading API v2. @throws Refused */
export function tradingApi(site: Site, asked: Asked): Answer {
  const { world, account } = site
  const { method, path, query } = asked
  const [, , section, id] = path.split('/')
  switch (`${method} ${path}`) {
    case 'GET /v2/account':
      return ok(accountBody(world, account))
    case 'GET /v2/clock':
      return ok({ timestamp: world.now().toISOString(), is_open: world.open, next_open: null, next_close: null })
    case 'GET /v2/calendar':
      return ok(calendarOf(query))
    case 'GET /v2/positions':
      return ok([...account.positions.values()].map(position => positionBody(world, position)))
    case 'GET /v2/assets':
      return ok(
        [...world.touches.keys()].map(symbol => ({ id: `asset-${symbol}`, symbol, status: 'active', tradable: true, fractionable: true })),
      )
    case 'GET /v2/orders':
      return ok(listOrders(account, query))
    case 'POST /v2/orders':
      return ok(place(site, asked.body))
    case 'GET /v2/orders:by_client_order_id':
      return ok(orderBody(byClientId(account, query.get('client_order_id')), { nested: false }))
  }
  if (method === 'GET' && path.startsWith('/v2/account/activities')) return ok(activitiesOf(site, path.split('/')[4] ?? null, query))
  if (section === 'orders' && id !== undefined) return oneOrder(site, asked, id)
  throw new Refused(404, 40410000, 'endpoint not found.')
}

function place({ world, account, faults }: Site, body: Record<string, unknown>): unknown {
  faults.orders.push(body)
  const order = orderFrom(world, account, body)
  account.orders.push(order, ...order.legs)
  const answer = orderBody(order, { nested: true })
  order.status = 'new'
  if (order.order_class === 'oco') for (const leg of order.legs) leg.status = 'held'
  world.tell(account, { event: 'new', order, at: world.now() })
  setImmediate(() => {
    const touch = world.touches.get(order.symbol)
    if (touch) workOrder(world, { account, order, touch })
  })
  return answer
}

const byClientId = (account: SimAccount, client_order_id: string | null): SimOrder => {
  const order = account.orders.find(each => each.client_order_id === client_order_id)
  if (!order) throw notFound(`order not found for ${client_order_id}: order`)
  return order
}

function oneOrder(site: Site, { method, query, body }: Asked, id: string): Answer {
  const order = site.account.orders.find(each => each.id === id)
  if (!order) throw notFound(`order ${id}`)
  if (method === 'GET') return ok(orderBody(order, { nested: query.get('nested') === 'true' }))
  if (method === 'PATCH') return ok(replace(site, order, body))
  if (method !== 'DELETE') throw new Refused(405, 40510000, 'method not allowed')
  const touch = site.world.touches.get(order.symbol)
  if (site.faults.fill_before_cancel.delete(order.client_order_id) && touch) {
    fill(site.world, site.account, { order, price: order.limit_price ?? touch.ask, qty: order.qty.minus(order.filled_qty) })
  }
  if (!isOpen(order)) throw new Refused(422, 42210000, `order is already in "${order.status}" state`)
  end(site.world, site.account, { order, status: 'canceled' })
  return { status: 204, body: null }
}

/** Puts a new order with a new id in the place of one that works; it carries on what that one filled. */
function replace({ world, account }: Site, order: SimOrder, body: Record<string, unknown>): unknown {
  if (!['new', 'partially_filled', 'held'].includes(order.status)) throw new Refused(422, 42210000, `order is not open: ${order.status}`)
  const client_order_id = typeof body.client_order_id === 'string' ? body.client_order_id : randomUUID()
  if (account.orders.some(each => each.client_order_id === client_order_id))
    throw new Refused(422, 40010001, 'client_order_id must be unique')
  const changed = (name: string, is: Decimal | null) => (body[name] === undefined ? is : new Decimal(String(body[name])))
  const at = world.now()
  const qty = changed('qty', order.qty) ?? order.qty
  if (qty.lte(order.filled_qty)) throw new Refused(422, 42210000, 'qty must be > filled_qty')
  const next: SimOrder = {
    ...order,
    id: randomUUID(),
    client_order_id,
    qty,
    limit_price: changed('limit_price', order.limit_price),
    stop_price: changed('stop_price', order.stop_price),
    trail_price: order.trail_price && changed('trail', order.trail_price),
    trail_percent: order.trail_percent && changed('trail', order.trail_percent),
    replaces: order.id,
    replaced_by: null,
    created_at: at,
    updated_at: at,
  }
  order.status = 'replaced'
  order.replaced_by = next.id
  order.replaced_at = at
  for (const leg of next.legs) leg.parent = next
  if (next.parent) next.parent.legs = next.parent.legs.map(leg => (leg === order ? next : leg))
  account.orders.push(next)
  world.tell(account, { event: 'replaced', order, at })
  setImmediate(() => {
    const touch = world.touches.get(next.symbol)
    if (touch) workOrder(world, { account, order: next, touch })
  })
  return orderBody(next, { nested: true })
}

function listOrders(account: SimAccount, query: URLSearchParams): unknown[] {
  const status = query.get('status') ?? 'open'
  const nested = query.get('nested') === 'true'
  const all = account.orders.filter(order => status === 'all' || isOpen(order) === (status === 'open'))
  // Nested, a closing order shows within its entry, unless that is not listed.
  const shown = nested ? all.filter(({ parent }) => parent === null || !all.includes(parent)) : all
  const ordered = query.get('direction') === 'asc' ? shown : shown.toReversed()
  const after = query.get('after_order_id')
  const from = after === null ? 0 : ordered.findIndex(({ id }) => id === after) + 1
  const limit = Math.min(Number(query.get('limit') ?? 50), 500)
  return ordered.slice(from, from + limit).map(order => orderBody(order, { nested }))
}

function activitiesOf({ world, account, faults }: Site, type: string | null, query: URLSearchParams): unknown[] {
  const after = Date.parse(query.get('after') ?? '1970-01-01')
  const until = Date.parse(query.get('until') ?? '2999-01-01')
  const category = query.get('category')
  const shown = world.now().getTime() - faults.late_activities_ms
  const found = account.activities
    .filter(({ activity_type }) => type === null || activity_type === type)
    .filter(({ activity_type }) => category === null || (activity_type === 'FILL') === (category === 'trade_activity'))
    .filter(({ at }) => at.getTime() > after && at.getTime() < until && at.getTime() <= shown)
    .sort((one, other) => one.at.getTime() - other.at.getTime())
  const ordered = query.get('direction') === 'asc' ? found : found.toReversed()
  const token = query.get('page_token')
  const from = token === null ? 0 : ordered.findIndex(({ id }) => id === token) + 1
  const size = Math.min(Number(query.get('page_size') ?? 100), 100)
  return ordered.slice(from, from + size).map(({ id, activity_type, fields }) => ({ id, activity_type, ...fields }))
}

const DAY_MS = 86_400_000

/** Weekdays, as if there were no holidays but Thanksgiving of 2026, after which trading ends early. */
function calendarOf(query: URLSearchParams): unknown[] {
  const days: unknown[] = []
  const [from, to] = [Date.parse((query.get('start') ?? '').slice(0, 10)), Date.parse((query.get('end') ?? '').slice(0, 10))]
  for (let at = from; at <= to; at += DAY_MS) {
    const date = new Date(at).toISOString().slice(0, 10)
    if (new Date(at).getUTCDay() % 6 === 0 || date === '2026-11-26') continue
    const close = date === '2026-11-27' ? '13:00' : '16:00'
    days.push({ date, open: '09:30', close, session_open: '0400', session_close: '2000', settlement_date: date })
  }
  return days
}
