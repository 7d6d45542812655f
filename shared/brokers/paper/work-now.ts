import { sentence } from '../../domain/errors.ts'
import { instrumentById } from '../../store/instruments.ts'
import { type PaperOrder, paperBracketOf, paperOrderOf, replacePaperOrder } from '../../store/paper-book.ts'
import { BrokerError, type OrderId } from '../broker.ts'
import { finishOrder } from './finish-order.ts'
import { type VenueQuote, viewMarket } from './market-quote.ts'
import type { Venue } from './place-order.ts'
import { workOrder } from './work-order.ts'

/** Quotes of one moment: each instrument is asked for once, however many orders wait in it. */
export function freshQuotes(venue: Venue): (instrument_id: string) => Promise<VenueQuote | null> {
  const asked = new Map<string, Promise<VenueQuote | null>>()
  return instrument_id => {
    const quote = asked.get(instrument_id) ?? viewMarket(venue, [], instrument_id).then(view => view.quote)
    asked.set(instrument_id, quote)
    return quote
  }
}

/** Works a waiting order against the market of this moment; whoever wrote first is right, and another look comes soon. */
export async function workNow(venue: Venue, order: PaperOrder, quoteOf = freshQuotes(venue)): Promise<PaperOrder> {
  const { store, model, now } = venue
  const [traded, quote] = await Promise.all([instrumentById(store, order.instrument_id), quoteOf(order.instrument_id)])
  if (!traded) throw new BrokerError(sentence('UNKNOWN_INSTRUMENT', { instrument_id: order.instrument_id }))
  if (!quote) return order
  const next = workOrder(order, { traded, quote, model, now: now() })
  return next === order ? order : keep(venue, next)
}

/** Stores what became of a waiting order, and books what it filled; the order as it then is. */
export async function keep(venue: Venue, next: PaperOrder): Promise<PaperOrder> {
  const { store } = venue
  if (await replacePaperOrder(store, next)) return finishOrder(venue, { ...next, version: next.version + 1 })
  const current = await paperOrderOf(store, next)
  if (!current) throw new BrokerError(sentence('ORDER_NOT_READABLE', { client_order_id: next.client_order_id }))
  return finishOrder(venue, current)
}

/** The order that goes by a client id or, for a bracket's closing order, the bracket; finished and worked. */
export async function currentOrder(venue: Venue, id: OrderId): Promise<PaperOrder | null> {
  const found = (await paperOrderOf(venue.store, id)) ?? (await paperBracketOf(venue.store, id))
  if (!found) return null
  const order = await finishOrder(venue, found)
  return order.status === 'WORKING' ? workNow(venue, order) : order
}
