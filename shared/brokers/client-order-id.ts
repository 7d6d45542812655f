import { createHash } from 'node:crypto'

interface Limits {
  client_order_id_length: number
  client_order_id_symbols: boolean
}

/**
 * The id under which a broker knows an order: the same for every delivery of it, within the broker's limits. An order id that does not fit
 * becomes the letters and digits of its hash (80 bits in 20 characters).
 */
export const clientOrderId = (order_id: string, { client_order_id_length, client_order_id_symbols }: Limits): string =>
  order_id.length <= client_order_id_length && (client_order_id_symbols || /^[A-Za-z0-9]+$/.test(order_id))
    ? order_id
    : createHash('sha256').update(order_id).digest('hex').slice(0, client_order_id_length)

/** The id of a bracket's closing order, where the broker lets us choose it. */
export const legOrderId = (order_id: string, role: 'STOP_LOSS' | 'TAKE_PROFIT'): string =>
  `${order_id}_${role === 'STOP_LOSS' ? 'SL' : 'TP'}`
