import { signed } from '../../domain/account/book-fill.ts'
import { sentence } from '../../domain/errors.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import { ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { PaperAccount, PaperFill, PaperOrder } from '../../store/paper-book.ts'
import { BrokerError, type PlaceRequest } from '../broker.ts'
import { bookOrder, isMargined } from './book-order.ts'
import type { FillModel } from './fill-model.ts'
import type { VenueQuote } from './market-quote.ts'
import { draftOrder, isImmediate, referencePrice, termsRefusal } from './order-terms.ts'
import { type Market, valueAccount } from './value-account.ts'
import { workOrder } from './work-order.ts'

export interface Circumstances {
  account: PaperAccount
  market: Market
  quote: VenueQuote | null
  model: FillModel
  now: Date
}

/**
 * The order document of a request: REJECTED with the reason, ACCEPTED with what fills at once, WORKING where it waits, or CANCELED where it
 * would not. Pure: the same again for the same input.
 */
export function judgeOrder(request: PlaceRequest, circumstances: Circumstances): PaperOrder {
  const { account, market, now, model } = circumstances
  const draft = draftOrder(request, now)
  const rejected = (reason: string): PaperOrder => ({ ...draft, status: 'REJECTED', after: 'REJECTED', reason })
  const terms = tradable(request, market.instruments.get(draft.instrument_id), circumstances)
  if ('reason' in terms) return rejected(terms.reason)
  const { traded, quote } = terms
  const { currency, multiplier, asset_class } = traded
  const accepted: PaperOrder = { ...draft, settlement: { currency, multiplier, margined: isMargined(asset_class) } }
  const worked = workOrder(accepted, { traded, quote, model, now, arrives: true })
  const reason = closes(account, accepted)
    ? null
    : marginRefusal(account, worked.fills.length > 0 ? worked : imagined(worked, terms), market)
  if (reason) return rejected(reason)
  if (!isImmediate(request)) return worked
  if (worked.status === 'WORKING')
    return { ...worked, status: 'CANCELED', after: 'CANCELED', reason: `${request.time_in_force}: nothing to take` }
  return worked.after === 'WORKING' ? { ...worked, after: 'CANCELED', reason: 'IOC: the rest was not there' } : worked
}

type Terms = { reason: string } | { traded: InstrumentDocument; quote: VenueQuote }

function tradable(request: PlaceRequest, traded: InstrumentDocument | undefined, { quote, now }: Circumstances): Terms {
  const { instrument_id } = request.instrument
  const { quantity, action, order_type } = request
  const wrong = termsRefusal(request, now)
  if (wrong) return { reason: wrong }
  if (!traded) return refuse('UNKNOWN_INSTRUMENT', { instrument_id })
  if (traded.asset_class === 'INDEX') return refuse('NOT_TRADABLE', { instrument_id, asset_class: traded.asset_class })
  if (!quantity.gt(0) || !quantity.mod(traded.lot).isZero()) {
    return refuse('INVALID_QUANTITY', { quantity: quantity.toFixed(), lot: traded.lot.toFixed() })
  }
  if (!quote?.[sideOf(action)].gt(0)) return refuse('NO_QUOTE', { instrument_id })
  if (quote.open === false && (order_type === 'MARKET' || isImmediate(request))) return refuse('MARKET_CLOSED', { instrument_id })
  return { traded, quote }
}

const refuse = (code: string, figures: Record<string, unknown>) => ({ reason: sentence(code, figures) })

const sideOf = (action: 'BUY' | 'SELL') => (action === 'BUY' ? 'ask' : 'bid')

/** The order as it would be after filling whole at the price that it names. */
function imagined(order: PaperOrder, { traded, quote }: Extract<Terms, { traded: unknown }>): PaperOrder {
  const { account_id, broker_order_id, client_order_id, instrument_id, symbol, action, quantity, accepted_at: time } = order
  const price = referencePrice(order, quote[sideOf(action)])
  const fill: PaperFill = {
    execution_id: broker_order_id,
    account_id,
    broker_order_id,
    client_order_id,
    instrument_id,
    symbol,
    action,
    quantity,
    price,
    commission: ZERO,
    commission_currency: traded.currency,
    time,
  }
  return { ...order, fills: [fill] }
}

/** Whether an order only takes from what is held, at most to flat. */
function closes({ positions }: PaperAccount, { instrument_id, action, quantity }: PaperOrder): boolean {
  const held: Decimal = positions.find(each => each.instrument_id === instrument_id)?.quantity ?? ZERO
  const change = signed(action, quantity)
  return !held.isZero() && held.isNegative() !== change.isNegative() && change.abs().lte(held.abs())
}

/** Why the account may not hold what it would hold after the order, or null. What cannot be valued may not grow. */
function marginRefusal(account: PaperAccount, order: PaperOrder, market: Market): string | null {
  try {
    const { equity, margin_used } = valueAccount(account, bookOrder(account, order), market)
    if (margin_used.lte(equity)) return null
    const figures = { margin_after: margin_used.toFixed(), equity_after: equity.toFixed(), currency: account.currency }
    return sentence('INSUFFICIENT_MARGIN', figures)
  } catch (error) {
    if (error instanceof BrokerError) return error.message
    throw error
  }
}
