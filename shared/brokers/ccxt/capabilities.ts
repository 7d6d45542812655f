import type { TimeInForce } from '../../messages/order.ts'
import type { Capabilities } from '../broker.ts'

/** What all of Binance's markets have in common. Of its 36 characters for an id four are kept for the names of an order's sides. */
const binance = {
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK'] satisfies TimeInForce[],
  client_order_id_length: 32,
  client_order_id_symbols: true,
  executions: true,
}

export const spot: Capabilities = {
  ...binance,
  order_types: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'TRAILING_STOP', 'BRACKET', 'OCO'],
  emulable: [],
  asset_classes: ['CRYPTO'],
  // It only lets a quantity be made smaller.
  modifies: false,
}

/** There are no orders of several sides: attached ones would be ignored without a word. */
export const usdm: Capabilities = {
  ...binance,
  times_in_force: [...binance.times_in_force, 'GTD'],
  order_types: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'TRAILING_STOP'],
  emulable: ['BRACKET', 'OCO'],
  asset_classes: ['FUTURE', 'CRYPTO'],
  modifies: true,
}

/** Any other exchange, by what ccxt has common words for. */
export const common: Capabilities = {
  order_types: ['MARKET', 'LIMIT'],
  times_in_force: ['DAY', 'GTC', 'IOC'],
  emulable: ['STOP', 'STOP_LIMIT', 'TRAILING_STOP', 'BRACKET', 'OCO'],
  asset_classes: ['CRYPTO'],
  client_order_id_length: 32,
  client_order_id_symbols: false,
  modifies: false,
  executions: true,
}

const own: Record<string, Capabilities> = { binance: spot, binanceusdm: usdm }

/** What an exchange takes, as ccxt names it. */
export const capabilitiesOf = (exchange: unknown): Capabilities =>
  typeof exchange === 'string' && Object.hasOwn(own, exchange) ? (own[exchange] ?? common) : common
