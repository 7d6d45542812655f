import { sentence } from '../../domain/errors.ts'
import { sum } from '../../domain/money/decimal.ts'
import type { Store } from '../../store/collection.ts'
import { ratesInto } from '../../store/fx-rates.ts'
import { instrumentsById, quotesOf } from '../../store/instruments.ts'
import {
  insertPaperOrder,
  type PaperAccount,
  type PaperOrder,
  paperAccountOf,
  paperOrderOf,
  recordPaperFills,
} from '../../store/paper-book.ts'
import { BrokerConnectionError, BrokerError, type OrderResult, type PlaceRequest, type WhatIf } from '../broker.ts'
import { bookOrder } from './book-order.ts'
import type { FillModel } from './fill-model.ts'
import { applyFills, type Book, booked, finishOrder } from './finish-order.ts'
import { judgeOrder } from './judge-order.ts'
import { type MarketView, type QuoteSource, viewMarket } from './market-quote.ts'
import { reported } from './reported.ts'
import { currenciesOf, valueAccount } from './value-account.ts'

export interface Venue extends Book, QuoteSource {
  store: Store
  model: FillModel
}

/** Says that the order's document may have been written, so that a failure from here on leaves its fate unknown. */
export type Attempted = () => void

/** Accepts or rejects an order, and books it; an order that already goes by the client id is finished and answered instead. */
export async function placeOrder(venue: Venue, request: PlaceRequest, attempted: Attempted): Promise<OrderResult> {
  const placed = await venue.inTurn(request.account_id, async () => {
    const [account, view] = await Promise.all([
      paperAccountOf(venue.store, request.account_id),
      viewMarket(venue, [], request.instrument.instrument_id),
    ])
    if (!account) return 'no account'
    const order = await judged(venue, request, { account, view })
    attempted()
    if (!(await insertPaperOrder(venue.store, order))) return null
    if (order.status === 'ACCEPTED') {
      venue.crashPoint('paper:accepted')
      await applyFills(venue, order, account)
    }
    return order
  })
  if (placed === 'no account') return { kind: 'rejected', reason: sentence('UNKNOWN_ACCOUNT', { account_id: request.account_id }) }
  if (!placed) return answerExisting(venue, request)
  if (placed.status !== 'ACCEPTED') return resultOf(placed)
  await recordPaperFills(venue.store, placed)
  return resultOf(booked(placed))
}

async function judged(
  venue: Venue,
  request: PlaceRequest,
  { account, view: { prices, quote } }: { account: PaperAccount; view: MarketView },
): Promise<PaperOrder> {
  const { store, model, now } = venue
  const traded = request.instrument.instrument_id
  const held = account.positions.map(({ instrument_id }) => instrument_id).filter(id => id !== traded)
  const [instruments, others] = await Promise.all([instrumentsById(store, [...held, traded]), held.length > 0 ? quotesOf(store, held) : []])
  for (const [instrument_id, { last }] of others) prices.set(instrument_id, last)
  // A venue without prices cannot be traded with now, which says nothing against the order: it may be sent again.
  if (!quote && instruments.has(traded)) throw new BrokerConnectionError(sentence('NO_QUOTE', { instrument_id: traded }))
  const rates = await ratesInto(store, account.currency, currenciesOf(account, instruments.values()))
  return judgeOrder(request, { account, market: { instruments, prices, rates }, quote, model, now: now() })
}

/** What an order would do to the account, with nothing placed. */
export async function whatIf(venue: Venue, request: PlaceRequest): Promise<WhatIf> {
  const account = await paperAccountOf(venue.store, request.account_id)
  if (!account) throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id: request.account_id }))
  const { store } = venue
  const traded = request.instrument.instrument_id
  const held = account.positions.map(({ instrument_id }) => instrument_id)
  const [instruments, { prices, quote }] = await Promise.all([instrumentsById(store, [...held, traded]), viewMarket(venue, held, traded)])
  if (!quote) throw new BrokerConnectionError(sentence('NO_QUOTE', { instrument_id: traded }))
  const rates = await ratesInto(store, account.currency, currenciesOf(account, instruments.values()))
  const market = { instruments, prices, rates }
  const order = judgeOrder(
    { ...request, order_type: 'MARKET', time_in_force: 'DAY' },
    { account, market, quote, model: venue.model, now: venue.now() },
  )
  if (order.status === 'REJECTED') throw new BrokerError(order.reason ?? 'REJECTED')
  const after = valueAccount(account, bookOrder(account, order), market)
  return {
    margin_before: valueAccount(account, account, market).margin_used,
    margin_after: after.margin_used,
    commission: sum(order.fills.map(({ commission }) => commission)),
  }
}

async function answerExisting(venue: Venue, request: PlaceRequest): Promise<OrderResult> {
  const existing = await paperOrderOf(venue.store, request)
  if (!existing) return { kind: 'unknown', reason: sentence('ORDER_NOT_READABLE', { client_order_id: request.client_order_id }) }
  const { instrument_id, action, quantity } = existing
  if (instrument_id !== request.instrument.instrument_id || action !== request.action || !quantity.eq(request.quantity)) {
    const taken = { client_order_id: existing.client_order_id, instrument_id, action, quantity: quantity.toFixed() }
    return { kind: 'rejected', reason: sentence('DUPLICATE_CLIENT_ORDER_ID', taken) }
  }
  return resultOf(await finishOrder(venue, existing))
}

const resultOf = (order: PaperOrder): OrderResult =>
  order.status === 'REJECTED'
    ? { kind: 'rejected', reason: order.reason ?? order.status }
    : { kind: 'confirmed', broker_order_id: order.broker_order_id, order: reported(order) }
