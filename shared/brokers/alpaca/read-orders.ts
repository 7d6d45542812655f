import { z } from 'zod'
import { sum } from '../../domain/money/decimal.ts'
import type { AdapterDeps } from '../adapter.ts'
import type { BrokerExecution, BrokerOrder, OrderId } from '../broker.ts'
import { legOrderId } from '../client-order-id.ts'
import { instrumentOf } from './contract.ts'
import type { KnownOrders, Owner } from './known-orders.ts'
import type { Line } from './line.ts'
import { fillReport, reported } from './reported.ts'
import { fills as fillList, order, type WireFill, type WireOrderWithLegs } from './wire.ts'

const orderList = z.array(order)
const PAGE = 500
const FILL_PAGE = 100
const MOST_PAGES = 50

/** One account: the way to it, and what is known of its orders. */
export interface Desk {
  line: Line
  known: KnownOrders
  deps: AdapterDeps
}

export type Links = [WireOrderWithLegs, ...WireOrderWithLegs[]]

export const orderById = ({ line }: Desk, orderId: string): Promise<WireOrderWithLegs | null> =>
  line.find('order', order, api => api.trading.orders.getOrderByOrderIDRaw({ orderId, nested: true }))

/** What an order was and is: those that it took the place of, itself, and those that took its place. */
export async function linksOf(desk: Desk, found: WireOrderWithLegs): Promise<Links> {
  const links: Links = [found]
  while (links[0].replaces !== null && links.length < MOST_PAGES) {
    const former: WireOrderWithLegs | null = desk.known.ended(links[0].replaces) ?? (await orderById(desk, links[0].replaces))
    if (!former) break
    links.unshift(former)
  }
  for (let last = found; last.status === 'replaced' && last.replaced_by !== null && links.length < MOST_PAGES; ) {
    const next = await orderById(desk, last.replaced_by)
    if (!next) break
    links.push(next)
    last = next
  }
  desk.known.own(links, legOrderId)
  return links
}

/** An order by its client id with what it was before; null where Alpaca says that it has none of this id. */
async function linksByClientId(desk: Desk, client_order_id: string): Promise<Links | null> {
  const found = await desk.line.find('order by client id', order, api =>
    api.trading.orders.getOrderByClientOrderIdRaw({ clientOrderId: client_order_id }),
  )
  if (!found) return null
  const grouped = found.order_class !== null && found.order_class !== 'simple' && found.legs.length === 0
  return linksOf(desk, (grouped ? await orderById(desk, found.id) : null) ?? found)
}

const entryIdOf = (client_order_id: string): string | null => /^(.+)_(SL|TP)$/.exec(client_order_id)?.[1] ?? null

export interface Found {
  links: Links
  /** Which of the entry's closing orders is meant; null for the order itself. */
  role: 'STOP_LOSS' | 'TAKE_PROFIT' | null
}

/** The order that an id of ours means: a bracket's closing orders are found by their entry, since Alpaca names them itself. */
export async function findOrder(desk: Desk, { client_order_id }: Pick<OrderId, 'client_order_id'>): Promise<Found | null> {
  const links = await linksByClientId(desk, client_order_id)
  if (links) return { links, role: null }
  const entry = entryIdOf(client_order_id)
  const parent = entry === null ? null : await linksByClientId(desk, entry)
  return parent && { links: parent, role: client_order_id.endsWith('_SL') ? 'STOP_LOSS' : 'TAKE_PROFIT' }
}

export async function getOrder(desk: Desk, id: OrderId): Promise<BrokerOrder | null> {
  const found = await findOrder(desk, id)
  if (!found) return null
  const whole = await tell(desk, found.links)
  return found.role === null ? whole : (whole.legs.find(({ role }) => role === found.role) ?? null)
}

/** The order with its fills, which are asked for where what is known of them is less than what has filled. */
export async function tell(desk: Desk, links: Links): Promise<BrokerOrder> {
  await learnFills(desk, [links])
  const { place } = desk.line
  const { symbol } = links[0]
  return reported(links, {
    account_id: place.account_id,
    currency: place.currency,
    instrument: await instrumentOf(symbol ?? 'mleg', desk.deps),
    fillsOf: order_id => desk.known.fillsOf(order_id),
  })
}

const lacksFills = ({ known }: Desk, links: Links): boolean =>
  [...links, ...links.flatMap(({ legs }) => legs)].some(({ id, filled_qty, replaces }) => {
    const told = sum(known.fillsOf(id).map(({ qty }) => qty))
    const earlier = replaces === null ? 0 : sum(links.flatMap(link => (link.id === id ? [] : known.fillsOf(link.id))).map(({ qty }) => qty))
    return told.plus(earlier).lt(filled_qty)
  })

/** Reads fills, the newest first, until none is lacking or they are older than the orders. */
async function learnFills(desk: Desk, orders: readonly Links[]): Promise<void> {
  const lacking = orders.filter(links => lacksFills(desk, links))
  if (lacking.length === 0) return
  const since = Math.min(...lacking.map(([first]) => (first.submitted_at ?? first.created_at)?.getTime() ?? 0))
  let page_token: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const told = await readFills(desk, { after: new Date(since - 1), direction: 'desc', page_token })
    desk.known.addFills(told)
    page_token = told.at(-1)?.id
    if (told.length < FILL_PAGE || !lacking.some(links => lacksFills(desk, links))) return
  }
}

interface FillQuestion {
  after: Date
  direction: 'asc' | 'desc'
  page_token: string | undefined
}

const readFills = ({ line }: Desk, { after, direction, page_token }: FillQuestion): Promise<WireFill[]> =>
  line.read('fills', fillList, api =>
    api.trading.accountActivities.getAccountActivitiesByActivityTypeRaw({
      activityType: 'FILL',
      after,
      direction,
      pageSize: FILL_PAGE,
      ...(page_token !== undefined && { pageToken: page_token }),
    }),
  )

export async function openOrders(desk: Desk): Promise<BrokerOrder[]> {
  const listed = await listOrders(desk, 'open')
  const entries = new Map<string, Links>()
  for (const each of listed) {
    const parent_id = (await ownerOf(desk, each))?.parent_id ?? null
    // A closing order whose entry has filled is listed by itself: it is told within its entry.
    const top = parent_id === null ? each : entries.has(parent_id) ? null : await orderById(desk, parent_id)
    if (top) entries.set(top.id, await linksOf(desk, top))
  }
  await learnFills(desk, [...entries.values()])
  return Promise.all([...entries.values()].map(links => tell(desk, links)))
}

/** Whose a listed order is; one of a group that nobody has seen before may be a closing order. */
async function ownerOf(desk: Desk, listed: WireOrderWithLegs): Promise<Owner | undefined> {
  const known = desk.known.owner(listed.id)
  const grouped = listed.order_class !== null && listed.order_class !== 'simple'
  if (known || !grouped || listed.legs.length > 0) return known
  await learnOwners(desk)
  return desk.known.owner(listed.id)
}

async function listOrders({ line }: Desk, status: 'open' | 'all'): Promise<WireOrderWithLegs[]> {
  const found: WireOrderWithLegs[] = []
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const after = found.at(-1)?.id
    const told = await line.read(`${status} orders`, orderList, api =>
      api.trading.orders.getAllOrdersRaw({
        status,
        nested: true,
        limit: PAGE,
        direction: status === 'open' ? 'asc' : 'desc',
        ...(after !== undefined && { afterOrderId: after }),
      }),
    )
    found.push(...told)
    // The latest are enough to know whose fills of late are.
    if (told.length < PAGE || status === 'all') break
  }
  return found
}

async function learnOwners(desk: Desk): Promise<void> {
  for (const each of await listOrders(desk, 'all')) {
    if (each.replaces === null && each.status !== 'replaced') desk.known.own([each], legOrderId)
    else await linksOf(desk, each)
  }
}

/** Executions at or after a moment, oldest first. */
export async function executions(desk: Desk, since: Date): Promise<BrokerExecution[]> {
  const told: WireFill[] = []
  let page_token: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const more = await readFills(desk, { after: new Date(since.getTime() - 1), direction: 'asc', page_token })
    told.push(...more)
    page_token = more.at(-1)?.id
    if (more.length < FILL_PAGE) break
  }
  desk.known.addFills(told)
  const ours = told.filter(({ transaction_time }) => transaction_time >= since)
  if (ours.some(({ order_id }) => !desk.known.owner(order_id))) await learnOwners(desk)
  for (const order_id of new Set(ours.map(fill => fill.order_id))) {
    const found = desk.known.owner(order_id) ? null : await orderById(desk, order_id)
    if (found) await linksOf(desk, found)
  }
  return Promise.all(ours.map(fill => executionOf(desk, fill)))
}

async function executionOf({ line, known, deps }: Desk, fill: WireFill): Promise<BrokerExecution> {
  const { account_id, currency } = line.place
  const { instrument_id, symbol } = await instrumentOf(fill.symbol, deps)
  return {
    ...fillReport(fill, currency),
    account_id,
    broker_order_id: fill.order_id,
    client_order_id: known.owner(fill.order_id)?.client_order_id ?? null,
    instrument_id,
    symbol,
    action: fill.side.startsWith('sell') ? 'SELL' : 'BUY',
  }
}
