import type { Broker, OrderResult } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import type { Quote } from '../../shared/domain/instrument.ts'
import { type Decimal, ZERO } from '../../shared/domain/money/decimal.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { learn } from './record.ts'
import type { Look } from './supervision.ts'

/** Best price that a trailing stop has seen: the highest for a SELL, the lowest for a BUY. */
const bestSeen = (known: Decimal | null, { action }: StoredOrder, last: Decimal): Decimal =>
  !known || (action === 'SELL' ? last.gt(known) : last.lt(known)) ? last : known

function stopOf(order: StoredOrder, extreme: Decimal): Decimal | null {
  if (order.order_type !== 'TRAILING_STOP') return order.stop_price
  const distance = order.trail_amount ?? extreme.times(order.trail_pct ?? ZERO).div(100)
  return order.action === 'SELL' ? extreme.minus(distance) : extreme.plus(distance)
}

const isReached = ({ action }: StoredOrder, stop: Decimal, { last }: Quote) => (action === 'BUY' ? last.gte(stop) : last.lte(stop))

/**
 * Watches the market for an order whose type its broker lacks, and sends what it becomes when its stop is reached: a market order, or a
 * limit order for a STOP_LIMIT. It goes by the order's own client id, so that it is sent once.
 */
export async function workEmulated(look: Look, broker: Broker, order: StoredOrder): Promise<void> {
  const instrument = await instrumentById(look.store, order.instrument_id)
  const quote = instrument && (await broker.quote(instrument))
  if (!instrument || !quote) return
  const extreme = bestSeen(order.emulated?.extreme ?? null, order, quote.last)
  const stop = stopOf(order, extreme)
  if (!stop || !isReached(order, stop, quote)) {
    if (!order.emulated?.extreme?.eq(extreme)) await replaceOrder(look.store, { ...order, emulated: { extreme } })
    return
  }
  if (await broker.getOrder(order)) return
  const order_type = order.order_type === 'STOP_LIMIT' ? 'LIMIT' : 'MARKET'
  const result: OrderResult = await broker.placeOrder({ ...order, instrument, order_type })
  if (result.kind === 'rejected') await learn(look, order, { event: 'reject', reason: `BROKER_REJECTED: ${result.reason}` })
  else if (result.kind === 'confirmed' && result.order) await learn(look, order, reportOf(result.order))
}
