import { sentence } from '../../domain/errors.ts'
import { BrokerError, type ModifyRequest, type OrderId, type OrderResult, type PlaceRequest } from '../broker.ts'
import type { Settings } from './connection.ts'
import type { Contract, Contracts } from './contracts.ts'
import type { KiteClient, Line } from './line.ts'
import type { OrderBook } from './order-book.ts'
import { modifyTerms, placeTerms, termsRefusal } from './order-map.ts'
import { type KiteOrder, placed } from './wire.ts'

/** Orders of a session that runs now. */
const VARIETY = 'regular'

export interface Desk {
  line: Line
  book: OrderBook
  contracts: Contracts
  settings: Settings
}

const rejected = (reason: string): OrderResult => ({ kind: 'rejected', reason })

/**
 * Places an order once. Kite has no key that would make it refuse a second one, so its list of the day is read first: an order with our tag
 * is the one. What then gets no readable answer is unknown, and is asked for, never sent again from here.
 * @throws BrokerConnectionError where nothing was sent
 */
export async function placeOrder({ line, book, contracts, settings }: Desk, request: PlaceRequest): Promise<OrderResult> {
  const contract = await contractOf(contracts, request, line)
  if (typeof contract === 'string') return rejected(contract)
  const refusal = termsRefusal(request, contract)
  if (refusal) return rejected(refusal)
  const known = await book.find({ client_order_id: request.client_order_id })
  if (known) return resultOf(book, known, request, contract)
  return sent(line, 'place', client => client.placeOrder(VARIETY, placeTerms(request, contract, settings)))
}

async function contractOf(contracts: Contracts, { instrument }: PlaceRequest, line: Line): Promise<Contract | string> {
  try {
    return await contracts.of(instrument, line)
  } catch (error) {
    if (error instanceof BrokerError) return error.message
    throw error
  }
}

/** What became of an order that was placed before: it counts as ours only where symbol, side and quantity are ours too. */
async function resultOf(book: OrderBook, known: KiteOrder, request: PlaceRequest, contract: Contract): Promise<OrderResult> {
  const { client_order_id, action, quantity } = request
  const same =
    known.tradingsymbol === contract.tradingsymbol &&
    known.exchange === contract.exchange &&
    known.transaction_type === action &&
    known.quantity.eq(quantity.times(contract.units))
  if (!same) return rejected(sentence('DUPLICATE_CLIENT_ORDER_ID', { client_order_id, broker_order_id: known.order_id }))
  const order = await book.shown(known)
  if (order.status === 'REJECTED') return rejected(order.reason ?? 'no reason given')
  return { kind: 'confirmed', broker_order_id: known.order_id, order }
}

/** @throws BrokerConnectionError where nothing was sent */
export async function modifyOrder({ line, book, contracts, settings }: Desk, request: ModifyRequest): Promise<OrderResult> {
  const known = await book.find(request)
  if (!known) return rejected(sentence('UNKNOWN_ORDER', { client_order_id: request.client_order_id }))
  const terms = modifyTerms(request, known, await contracts.of(request.instrument, line), settings)
  return sent(line, 'modify', client => client.modifyOrder(known.variety, known.order_id, terms))
}

/** @throws BrokerConnectionError where nothing was sent */
export async function cancelOrder({ line, book }: Desk, id: OrderId): Promise<OrderResult> {
  const known = await book.find(id)
  if (!known) return rejected(sentence('UNKNOWN_ORDER', { client_order_id: id.client_order_id }))
  return sent(line, 'cancel', client => client.cancelOrder(known.variety, known.order_id))
}

/** An answer without an order id, a page of a proxy for one, tells nothing of what became of the order. */
async function sent(line: Line, what: string, request: (client: KiteClient) => Promise<unknown>): Promise<OrderResult> {
  const outcome = await line.send(what, request)
  if (outcome.kind === 'refused') {
    return { kind: outcome.meaning === 'unknown' ? 'unknown' : 'rejected', reason: outcome.reason }
  }
  const parsed = placed.safeParse(outcome.answer)
  return parsed.success
    ? { kind: 'confirmed', broker_order_id: parsed.data.order_id }
    : { kind: 'unknown', reason: sentence('UNREADABLE', { what }) }
}
