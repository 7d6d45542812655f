import type { Capabilities } from '../broker.ts'

/** What is asked of Interactive Brokers; it knows more types. */
export const capabilities: Capabilities = {
  order_types: [
    'MARKET',
    'LIMIT',
    'STOP',
    'STOP_LIMIT',
    'TRAILING_STOP',
    'MARKET_ON_OPEN',
    'MARKET_ON_CLOSE',
    'LIMIT_ON_OPEN',
    'LIMIT_ON_CLOSE',
    'BRACKET',
    'OCO',
  ],
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK', 'GTD'],
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'FUTURE', 'FOREX', 'CRYPTO'],
  // An order reference holds 40; four of them say which part of an order it is.
  client_order_id_length: 36,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}
