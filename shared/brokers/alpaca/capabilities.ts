import { orderType } from '../../messages/signal.ts'
import type { Capabilities } from '../broker.ts'

/** Which of these an order may have follows from what it trades: see order-request.ts. */
export const capabilities: Capabilities = {
  order_types: orderType.options,
  times_in_force: ['DAY', 'GTC', 'IOC', 'FOK'],
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'CRYPTO'],
  client_order_id_length: 128,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}
