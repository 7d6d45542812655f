import { signed } from '../../domain/account/book-fill.ts'
import { sentence } from '../../domain/errors.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import { ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { PaperAccount, PaperFill, PaperOrder } from '../../store/paper-book.ts'
import { BrokerError, type Capabilities, type PlaceRequest } from '../broker.ts'
import { bookOrder, isMargined } from './book-order.ts'
import { decideExecutions, type FillModel } from './fill-model.ts'
import type { VenueQuote } from './market-quote.ts'
import { type Market, valueAccount } from './value-account.ts'

/** A market order fills at once and whole, so that each of these holds. */
export const capabilities: Capabilities = {
  order_types: ['MARKET'],
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK'],
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'FUTURE', 'FOREX', 'CRYPTO'],
  client_order_id_length: 128,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}

export interface Circumstances {
  account: PaperAccount
  market: Market
  quote: VenueQuote | null
  model: FillModel
  now: Date
}

/** The order document of a request: ACCEPTED with all its fills, or REJECTED with the reason. Pure: the same again for the same input. */
export function judgeOrder(request: PlaceRequest, circumstances: Circumstances): PaperOrder {
  const { account, market, now } = circumstances
  const { account_id, client_order_id, instrument, action, quantity, order_type, limit_price } = request
  const order: PaperOrder = {
    account_id,
    client_order_id,
    broker_order_id: `paper-${account_id}-${client_order_id}`,
    instrument_id: instrument.instrument_id,
    symbol: instrument.symbol,
    action,
    quantity,
    order_type,
    limit_price,
    status: 'REJECTED',
    reason: null,
    settlement: null,
    fills: [],
    accepted_at: now,
  }
  const traded = market.instruments.get(order.instrument_id)
  const terms = tradable(request, traded, circumstances)
  if ('reason' in terms) return { ...order, reason: terms.reason }
  const { currency, multiplier, asset_class } = terms.traded
  const accepted: PaperOrder = {
    ...order,
    status: 'ACCEPTED',
    settlement: { currency, multiplier, margined: isMargined(asset_class) },
    fills: fillsOf(order, terms.traded, terms.quote, circumstances),
  }
  const reason = closes(account, accepted) ? null : marginRefusal(account, accepted, market)
  return reason ? { ...order, reason } : accepted
}

type Terms = { reason: string } | { traded: InstrumentDocument; quote: VenueQuote }

function tradable(request: PlaceRequest, traded: InstrumentDocument | undefined, { quote }: Circumstances): Terms {
  const { instrument_id } = request.instrument
  const { quantity, order_type, time_in_force, action } = request
  if (!capabilities.order_types.includes(order_type)) return refuse('UNSUPPORTED_ORDER_TYPE', { order_type })
  if (!capabilities.times_in_force.includes(time_in_force)) return refuse('UNSUPPORTED_ORDER_TYPE', { time_in_force })
  if (!traded) return refuse('UNKNOWN_INSTRUMENT', { instrument_id })
  if (traded.asset_class === 'INDEX') return refuse('NOT_TRADABLE', { instrument_id, asset_class: traded.asset_class })
  if (!quantity.gt(0) || !quantity.mod(traded.lot).isZero()) {
    return refuse('INVALID_QUANTITY', { quantity: quantity.toFixed(), lot: traded.lot.toFixed() })
  }
  if (!quote?.[sideOf(action)].gt(0)) return refuse('NO_QUOTE', { instrument_id })
  if (quote.open === false) return refuse('MARKET_CLOSED', { instrument_id })
  return { traded, quote }
}

const refuse = (code: string, figures: Record<string, unknown>) => ({ reason: sentence(code, figures) })

const sideOf = (action: 'BUY' | 'SELL') => (action === 'BUY' ? 'ask' : 'bid')

function fillsOf(order: PaperOrder, traded: InstrumentDocument, quote: VenueQuote, { model, now }: Circumstances): PaperFill[] {
  const { account_id, client_order_id, broker_order_id, instrument_id, action, quantity } = order
  if (traded.asset_class === 'INDEX') return []
  const side = sideOf(action)
  const { tick, lot, multiplier, currency } = traded
  const shown = { quoted: quote[side], displayed: quote[`${side}_size`] ?? null }
  return decideExecutions({ action, quantity, ...shown, tick, lot, multiplier }, model.terms[traded.asset_class], model).map(
    (execution, index) => ({
      execution_id: `${broker_order_id}-${index + 1}`,
      account_id,
      broker_order_id,
      client_order_id,
      instrument_id,
      action,
      ...execution,
      commission_currency: currency,
      time: now,
    }),
  )
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
