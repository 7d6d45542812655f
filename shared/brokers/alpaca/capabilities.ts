import type { Capabilities } from '../broker.ts'

/** Which of these an order may have follows from what it trades: see order-request.ts. */
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
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK'],
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'CRYPTO'],
  client_order_id_length: 128,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}
