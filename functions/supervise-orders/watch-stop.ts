import type { Quote } from '../../shared/domain/instrument.ts'
import { type Decimal, ZERO } from '../../shared/domain/money/decimal.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import { changed, type Emulating } from './emulated-part.ts'
import { isOpenNow } from './open-market.ts'

/** Looks at the market for an order's stop; the order once it was reached, null before. */
export async function watch(emulating: Emulating, order: StoredOrder): Promise<StoredOrder | null> {
  if (order.emulated?.triggered) return order
  const instrument = await emulating.instrumentOf(order.instrument_id)
  const quote = instrument && (await emulating.quoteOf(instrument))
  if (!instrument || !quote || !(await isOpenNow(emulating.look, instrument))) return null
  const known = order.emulated?.extreme ?? null
  const extreme = order.order_type === 'TRAILING_STOP' ? bestSeen(known, order, quote.last) : known
  const stop = stopOf(order, extreme)
  const triggered = stop !== null && isReached(order, stop, quote)
  if (!triggered && (extreme === known || extreme?.eq(known ?? ZERO))) return null
  const next = await changed(emulating.look, order, { emulated: { ...order.emulated, extreme, triggered } })
  return triggered ? next : null
}

/** Best price that a trailing stop has seen: the highest for a SELL, the lowest for a BUY. */
const bestSeen = (known: Decimal | null, { action }: StoredOrder, last: Decimal): Decimal =>
  !known || (action === 'SELL' ? last.gt(known) : last.lt(known)) ? last : known

function stopOf(order: StoredOrder, extreme: Decimal | null): Decimal | null {
  if (order.order_type !== 'TRAILING_STOP' || !extreme) return order.stop_price
  const distance = order.trail_amount ?? extreme.times(order.trail_pct ?? ZERO).div(100)
  return order.action === 'SELL' ? extreme.minus(distance) : extreme.plus(distance)
}

const isReached = ({ action }: StoredOrder, stop: Decimal, { last }: Quote) => (action === 'BUY' ? last.gte(stop) : last.lte(stop))
