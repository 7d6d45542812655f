import { orderType } from '../../messages/signal.ts'
import type { Capabilities } from '../broker.ts'

/** What is asked of Interactive Brokers; it knows more types. */
export const capabilities: Capabilities = {
  order_types: orderType.options,
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK', 'GTD'],
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'FUTURE', 'FOREX', 'CRYPTO'],
  // An order reference holds 40; four of them say which part of an order it is.
  client_order_id_length: 36,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}
