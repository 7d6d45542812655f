import type { AskedContract } from './contracts.ts'

/** Fields of placeOrder, in their order on the wire, for an order without legs, algorithms, hedges or conditions. */
const placeFields = (version: number): string[] => [
  ...['message', 'order_id', 'con_id', 'symbol', 'sec_type', 'expiry', 'strike', 'right', 'multiplier', 'exchange', 'primary_exchange'],
  ...['currency', 'local_symbol', 'trading_class', 'sec_id_type', 'sec_id', 'action', 'quantity', 'order_type', 'limit', 'aux', 'tif'],
  ...['oca_group', 'account', 'open_close', 'origin', 'order_ref', 'transmit', 'parent_id', 'block', 'sweep', 'display', 'trigger_method'],
  ...['outside_rth', 'hidden', 'shares_allocation', 'discretionary', 'good_after', 'good_till', 'fa_group', 'fa_method', 'fa_percentage'],
  ...(version < 177 ? ['fa_profile'] : []),
  ...[
    'model',
    'short_slot',
    'short_location',
    'exempt',
    'oca_type',
    'rule80a',
    'settling',
    'all_or_none',
    'min_quantity',
    'percent_offset',
  ],
  ...['etrade', 'firm_quote', 'nbbo_cap', 'auction', 'starting', 'stock_ref', 'delta', 'range_lower', 'range_upper', 'override_percent'],
  ...['volatility', 'volatility_type', 'delta_type', 'delta_aux', 'continuous', 'reference_price', 'trail_stop', 'trail_percent'],
  ...['scale_init', 'scale_subs', 'scale_increment', 'scale_table', 'active_start', 'active_stop', 'hedge', 'opt_out', 'clearing_account'],
  ...['clearing_intent', 'not_held', 'delta_neutral', 'algo', 'algo_id', 'what_if'],
]

export interface PlaceMessage extends AskedContract {
  order_id: number
  action: 'BUY' | 'SELL'
  quantity: string
  order_type: string
  limit: string
  aux: string
  tif: string
  oca_group: string
  account: string
  order_ref: string
  transmit: boolean
  parent_id: number
  good_till: string
  oca_type: string
  trail_stop: string
  trail_percent: string
  what_if: boolean
}

export function readPlaceOrder(message: readonly string[], version: number): PlaceMessage {
  const field = new Map(placeFields(version).map((name, index) => [name, message[index] ?? '']))
  const text = (name: string): string => field.get(name) ?? ''
  return {
    ...Object.fromEntries(field),
    order_id: Number(text('order_id')),
    con_id: text('con_id'),
    symbol: text('symbol'),
    sec_type: text('sec_type'),
    expiry: text('expiry'),
    strike: text('strike'),
    right: text('right'),
    currency: text('currency'),
    local_symbol: text('local_symbol'),
    exchange: text('exchange'),
    action: text('action') === 'SELL' ? 'SELL' : 'BUY',
    quantity: text('quantity'),
    order_type: text('order_type'),
    limit: text('limit'),
    aux: text('aux'),
    tif: text('tif'),
    oca_group: text('oca_group'),
    account: text('account'),
    order_ref: text('order_ref'),
    transmit: text('transmit') === '1',
    parent_id: Number(text('parent_id') || '0'),
    good_till: text('good_till'),
    oca_type: text('oca_type'),
    trail_stop: text('trail_stop'),
    trail_percent: text('trail_percent'),
    what_if: text('what_if') === '1',
  }
}

const contractAt = (message: readonly string[], at: number): AskedContract => {
  const [
    con_id = '',
    symbol = '',
    sec_type = '',
    expiry = '',
    strike = '',
    right = '',
    ,
    exchange = '',
    ,
    currency = '',
    local_symbol = '',
  ] = message.slice(at)
  return { con_id, symbol, sec_type, expiry, strike, right, exchange, currency, local_symbol }
}

export const readMarketDataRequest = (message: readonly string[]) => ({
  req_id: Number(message[2]),
  contract: contractAt(message, 3),
  // After the trading class come the mark of a delta-neutral leg and the generic ticks.
  snapshot: message[17] === '1',
})

export const readHistoryRequest = (message: readonly string[]) => ({ req_id: Number(message[1]), contract: contractAt(message, 2) })

export const readContractRequest = (message: readonly string[]) => ({ req_id: Number(message[2]), contract: contractAt(message, 3) })

export const readExecutionsRequest = (message: readonly string[]) => ({
  req_id: Number(message[2]),
  client_id: Number(message[3] || '0'),
  account: message[4] ?? '',
  /** `yyyymmdd-hh:mm:ss`, UTC. */
  since: message[5] ?? '',
})

export const readCancelOrder = (message: readonly string[], version: number): number => Number(message[version >= 192 ? 1 : 2])
