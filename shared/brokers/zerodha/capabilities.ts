import type { Capabilities } from '../broker.ts'

/**
 * What Kite Connect's regular orders offer. DAY and IOC are its own; its TTL (some minutes of today) is no GTD, and nothing lasts beyond the
 * day. After-market orders (AMO) are not used: an order is for the session that runs. A `tag` is the only place for our id.
 * Its triggers (GTT) have none, so that one whose answer was lost could not be told from another's: the supervisor watches such orders.
 */
export const capabilities: Capabilities = {
  order_types: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'],
  times_in_force: ['DAY', 'IOC'],
  emulable: ['TRAILING_STOP', 'BRACKET', 'OCO'],
  asset_classes: ['EQUITY', 'OPTION', 'FUTURE'],
  client_order_id_length: 20,
  client_order_id_symbols: false,
  modifies: true,
  executions: true,
}
