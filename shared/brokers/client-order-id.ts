import { createHash } from 'node:crypto'

/**
 * The id under which a broker knows an order: the same for every delivery of it, within the broker's limit. An order id that does not fit
 * becomes the letters and digits of its hash (80 bits in 20 characters).
 */
export const clientOrderId = (order_id: string, max_length: number): string =>
  order_id.length <= max_length ? order_id : createHash('sha256').update(order_id).digest('hex').slice(0, max_length)
