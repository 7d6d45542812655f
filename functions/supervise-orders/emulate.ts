import type { Quote } from '../../shared/domain/instrument.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { sessionAt } from '../../shared/domain/time/market-hours.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { isUnsent, ordersById, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { protect, workClosingOrders } from './emulate-bracket.ts'
import { workOco } from './emulate-oco.ts'
import { type Emulating, noteOf, type Part, sendPart, settleCanceled } from './emulated-part.ts'
import { learn, learnOf } from './record.ts'
import { watch } from './watch-stop.ts'

/**
 * Moves on every order of an account whose type its broker lacks: watches the market for a stop, sends what it becomes when that is reached,
 * and keeps what closes a bracket. All of it follows from what is stored, so that any supervisor can go on.
 */
export async function workEmulated(
  given: Omit<Emulating, 'instrumentOf' | 'quoteOf'>,
  open: readonly Pick<StoredOrder, 'order_id' | 'emulated'>[],
): Promise<void> {
  const ids = open.filter(({ emulated }) => emulated !== undefined).map(({ order_id }) => order_id)
  if (ids.length === 0) return
  const emulating = { ...given, ...rememberingOf(given) }
  const orders = await ordersById(given.look.store, ids)
  const closing = orders.filter(isClosing)
  for (const order of orders) {
    if (!isClosing(order)) await guarded(emulating, order, () => workOne(emulating, order))
  }
  for (const [parent_id, own] of Map.groupBy(closing, ({ parent_order_id }) => parent_order_id)) {
    const [first] = own
    if (first && parent_id) await guarded(emulating, first, () => workClosingOrders(emulating, parent_id))
  }
}

/** One of a bracket's two, which are worked together; what stands in their place is an order like others. */
const isClosing = ({ parent_order_id, replaces_closing }: StoredOrder): boolean => parent_order_id !== undefined && !replaces_closing

/** Instruments and quotes of one look: each is asked for once. */
function rememberingOf({ look, broker }: Pick<Emulating, 'look' | 'broker'>): Pick<Emulating, 'instrumentOf' | 'quoteOf'> {
  const quotes = new Map<string, Promise<Quote | null>>()
  return {
    instrumentOf: id => instrumentById(look.store, id),
    quoteOf: instrument => {
      const asked = quotes.get(instrument.instrument_id) ?? broker.quote(instrument)
      quotes.set(instrument.instrument_id, asked)
      return asked
    },
  }
}

const guarded = ({ look }: Emulating, { order_id }: StoredOrder, work: () => Promise<unknown>): Promise<unknown> =>
  work().catch((error: unknown) => look.log.warning('emulated order not moved on', { order_id, error: String(error) }))

async function workOne(emulating: Emulating, order: StoredOrder): Promise<void> {
  const { look } = emulating
  if (isTerminal(order.status)) return void (order.unprotected && (await protect(emulating, order)))
  if (isUnsent(order) && order.status !== 'CANCEL_PENDING' && (await isOver(emulating, order))) {
    await learn(look, order, { event: 'expire', reason: 'EXPIRED: its session has ended' })
    return
  }
  if (order.order_type === 'OCO') return workOco(emulating, order)
  const kept = await workSingle(emulating, order)
  if (kept.unprotected) await protect(emulating, kept)
}

/** What nobody has at the broker must end its DAY here. */
async function isOver({ instrumentOf }: Emulating, { time_in_force, created_at, instrument_id }: StoredOrder): Promise<boolean> {
  if (time_in_force !== 'DAY') return false
  const instrument = await instrumentOf(instrument_id)
  const session = instrument && sessionAt(instrument.calendar, created_at)
  return session != null && session.closes_at <= now()
}

/** A stop of its own, or a bracket's entry: one order at the broker, sent when its stop is reached, or at once where it has none. */
async function workSingle(emulating: Emulating, order: StoredOrder): Promise<StoredOrder> {
  const { look, broker } = emulating
  if (order.status === 'CANCEL_PENDING') return settleCanceled(emulating, order)
  const base = order.order_type === 'BRACKET' ? entryOf(order) : order.order_type
  const isNative = broker.capabilities.order_types.includes(base)
  const before = noteOf(order, order.client_order_id) || isNative ? order : await watch(emulating, order)
  if (!before) return order
  const order_type = isNative ? base : base === 'STOP_LIMIT' ? 'LIMIT' : 'MARKET'
  const part: Part = { ...before, order_type, stop_price: isNative ? before.stop_price : null }
  const { order: sent, seen, rejected } = await sendPart(emulating, before, part)
  if (rejected) return learn(look, sent, { event: 'reject', reason: rejected })
  return seen ? learnOf(look, sent, seen) : sent
}

const entryOf = ({ limit_price, stop_price }: StoredOrder) => {
  if (stop_price) return limit_price ? 'STOP_LIMIT' : 'STOP'
  return limit_price ? 'LIMIT' : 'MARKET'
}
