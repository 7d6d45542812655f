import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import { RUNGS_AN_ORDER } from '../../shared/domain/decision/order-ids.ts'
import { sentence } from '../../shared/domain/errors.ts'
import { Decimal, floorToStep, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { type OrderCommand, orderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { routeOf } from '../../shared/store/account-hierarchy.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { confirmationMessage, orderAlert } from '../../shared/store/order-events.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { claimQuantities, positionOf } from '../../shared/store/positions.ts'
import { orderById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { openMsSince } from './open-market.ts'
import { keyOf, learnOf } from './record.ts'
import type { Look } from './supervision.ts'

type Rung = NonNullable<StoredOrder['ladder']>[number]['rung']

/** How long an exit may be at the broker before it is asked for; and, its market being open, before the next rungs. */
const REQUERY_AFTER_MS = 5_000
const REPRICE_AFTER_MS = 15_000
const MARKET_AFTER_MS = 40_000
/** Of open market, counted from the exit's first order. */
const CRITICAL_AFTER_MS = 60_000
const PAGE_EVERY_MS = 5 * 60_000
/** A re-priced limit may be this much worse than the market, as a fraction of it. */
const COLLAR = new Decimal('0.005')
/** Times that an exit is rejected whole before it is tried in two parts. */
const WHOLE_ATTEMPTS = 3
/** By rung; what we refuse ourselves waits longest from the start. */
const RETRY_AFTER_MS = [1_000, 5_000, 15_000, 30_000, 60_000, 300_000]

/** How far up its ladder an exit's order is: 0 for one that a decision made. */
const rungOf = (order_id: string): number => numberOf(order_id) % RUNGS_AN_ORDER
const numberOf = (order_id: string): number => Number(/_R(\d+)$/.exec(order_id)?.[1] ?? 0)
const rootOf = (order_id: string): string => order_id.replace(/_R\d+$/, '')

const since = (moment: Date | null | undefined): number => (moment ? now().getTime() - moment.getTime() : Number.POSITIVE_INFINITY)
const climbed = ({ ladder = [] }: StoredOrder, rung: Rung): boolean => ladder.some(each => each.rung === rung)

/** One more step for an exit that has not closed what it was to close: it is never given up (EXE-7). */
export async function climb(look: Look, exit: StoredOrder): Promise<void> {
  const paged = await page(look, exit)
  if (isTerminal(exit.status)) {
    const patience = exit.status === 'DENIED' ? RETRY_AFTER_MS.length : rungOf(exit.order_id)
    const wait = RETRY_AFTER_MS[Math.min(patience, RETRY_AFTER_MS.length - 1)] ?? 0
    if (since(exit.updated_at) >= wait) await retry(look, paged)
    return
  }
  if (exit.status !== 'SUBMITTED' && exit.status !== 'PARTIALLY_FILLED') return
  const waited = since(exit.attempted_at)
  if (waited >= REPRICE_AFTER_MS && exit.order_type !== 'MARKET') {
    const open = await openMsSince(look, exit, exit.attempted_at ?? exit.created_at)
    if (open >= MARKET_AFTER_MS) return toMarket(look, paged)
    if (open >= REPRICE_AFTER_MS && exit.limit_price && !climbed(exit, 'REPRICE')) return reprice(look, paged)
  }
  if (waited >= REQUERY_AFTER_MS && !climbed(exit, 'REQUERY')) await requery(look, paged)
}

const withRung = (order: StoredOrder, rung: Rung, detail: string): StoredOrder => ({
  ...order,
  ladder: [...(order.ladder ?? []), { rung, at: now(), detail }],
})

/** Stores a step; the order as it then is, or as it was where somebody else did something first. */
async function keep(look: Look, next: StoredOrder): Promise<StoredOrder> {
  if (!(await replaceOrder(look.store, next))) return (await orderById(look.store, next.order_id)) ?? next
  if (next.outbox?.length) look.told.add(keyOf(next))
  const { outbox: _, ...kept } = next
  return { ...kept, version: next.version + 1 }
}

async function requery(look: Look, exit: StoredOrder): Promise<void> {
  const kept = await keep(look, withRung(exit, 'REQUERY', `status=${exit.status}`))
  const broker = await look.brokers(exit.broker_id)
  const seen = await broker.getOrder(exit)
  if (seen) await learnOf(look, kept, seen)
}

async function reprice(look: Look, exit: StoredOrder): Promise<void> {
  const [broker, instrument] = await Promise.all([look.brokers(exit.broker_id), instrumentById(look.store, exit.instrument_id)])
  const quote = instrument && (await broker.quote(instrument))
  if (!instrument || !quote || !broker.capabilities.modifies) return
  const buy = exit.action === 'BUY'
  const worst = buy ? quote.ask.times(COLLAR.plus(1)) : quote.bid.times(COLLAR.neg().plus(1))
  const limit_price = worst.div(instrument.tick)[buy ? 'ceil' : 'floor']().times(instrument.tick)
  const result = await broker.modifyOrder({ ...exit, instrument, changes: { limit_price } })
  await keep(look, { ...withRung(exit, 'REPRICE', `limit_price=${limit_price.toFixed()}, answer=${result.kind}`), limit_price })
}

/** Takes a limit back, so that the retry that follows is a market order. */
async function toMarket(look: Look, exit: StoredOrder): Promise<void> {
  const broker = await look.brokers(exit.broker_id)
  const kept = await keep(look, withRung(exit, 'MARKET', `unfilled after ${MARKET_AFTER_MS} ms`))
  const result = await broker.cancelOrder(kept)
  if (result.kind === 'confirmed' && result.order) await learnOf(look, kept, result.order)
}

/**
 * Tells people of an exit that stays unfilled while its market is open, again and again until one of them says that they know. Counted from
 * the first rung, whose document remembers it.
 */
async function page(look: Look, exit: StoredOrder): Promise<StoredOrder> {
  if (exit.reason?.includes('MARKET_CLOSED')) return exit
  const first = rungOf(exit.order_id) === 0 ? exit : ((await orderById(look.store, rootOf(exit.order_id))) ?? exit)
  const { order_id, created_at, paged_at, acknowledged_at } = first
  if (since(created_at) < CRITICAL_AFTER_MS || acknowledged_at || since(paged_at) < PAGE_EVERY_MS) return exit
  const open_ms = await openMsSince(look, first, created_at)
  if (open_ms < CRITICAL_AFTER_MS) return exit
  const { status, filled_qty, quantity, reason } = exit
  const figures = { order_id: exit.order_id, status, filled: filled_qty.toFixed(), quantity: quantity.toFixed(), reason }
  const detail = `${sentence('EXIT_UNFILLED', figures)}. Close it at the broker if need be, then: npm run acknowledge-exit -- ${order_id}`
  const at = now()
  const alert = orderAlert(first, { key: 'exit-unfilled', title: 'An exit does not fill', detail, at })
  const step = withRung(first, 'PAGE', `unfilled for ${Math.round(open_ms / 1000)} s of open market`)
  const kept = await keep(look, { ...step, paged_at: at, outbox: [alert] })
  return first === exit ? kept : exit
}

/** Claims that this very step made before its process died are its own. */
const isNextOf = (order_id: string, exit: StoredOrder): boolean =>
  rootOf(order_id) === rootOf(exit.order_id) && nextNumbers(numberOf(exit.order_id)).includes(numberOf(order_id))

/** Numbers of the rungs that may follow directly: after the split two rows go on side by side, one with even and one with odd numbers. */
const nextNumbers = (number: number): number[] => {
  const rung = number % RUNGS_AN_ORDER
  if (rung > WHOLE_ATTEMPTS) return [number + 2]
  return rung === WHOLE_ATTEMPTS ? [number + 1, number + 2] : [number + 1]
}

/**
 * The next rung of an exit that ended unfilled: a market order for what is still held and claimed by nobody else, under the next id; in two
 * parts where it was rejected too often. The claim is moved first and the old order says last that it has a successor: whoever dies between
 * leaves what is done again.
 */
async function retry(look: Look, exit: StoredOrder): Promise<void> {
  const { store } = look
  if (exit.status === 'CANCELED' && exit.reason?.startsWith('canceled by')) return finish(look, exit)
  const position = await positionOf(store, exit)
  const others = position?.closing.filter(({ order_id }) => order_id !== exit.order_id && !isNextOf(order_id, exit)) ?? []
  const closes = position && !position.quantity.isZero() && position.quantity.isPositive() === (exit.action === 'SELL')
  const free = closes ? position.quantity.abs().minus(sum(others.map(({ quantity }) => quantity))) : ZERO
  const [instrument, broker] = await Promise.all([instrumentById(store, exit.instrument_id), look.brokers(exit.broker_id)])
  const left = Decimal.min(exit.quantity.minus(exit.filled_qty), free)
  const quantity = instrument ? floorToStep(left, instrument.lot) : left
  if (!position || !quantity.gt(0)) return finish(look, exit)
  const rung = rungOf(exit.order_id)
  const splits = rung === WHOLE_ATTEMPTS && instrument && !exit.reason?.includes('MARKET_CLOSED')
  const parts = splits ? halves(quantity, instrument.lot) : [quantity]
  const numbers = nextNumbers(numberOf(exit.order_id))
  const at = now()
  const next = parts.map((part, index): OrderCommand => {
    const order_id = `${rootOf(exit.order_id)}_R${numbers[index]}`
    return { ...marketOrder(exit), order_id, client_order_id: clientOrderId(order_id, broker.capabilities), quantity: part }
  })
  // Rungs beside this one keep their claims: only the one that ended is replaced.
  const claims = next.map(({ order_id, quantity: part }) => ({ order_id, quantity: part, at }))
  if (!(await claimQuantities(store, position, { replaced: exit.order_id, claims }))) return
  const [first] = next
  if (!first) return
  const route = routeOf(look.broker)
  const messages = next.map(command =>
    toOutbox({
      topic: 'trading-orders',
      ordering_key: keyOf(exit),
      attributes: { route, signal_id: exit.signal_id, order_id: command.order_id },
      data: orderCommand.encode(command),
      at,
    }),
  )
  const climbedTo = withRung(
    exit,
    parts.length > 1 ? 'SPLIT' : 'MARKET',
    next.map(({ order_id, quantity: part }) => `${order_id}=${part.toFixed()}`).join(', '),
  )
  await keep(look, { ...climbedTo, unfinished_exit: false, superseded_by: first.order_id, updated_at: at, outbox: messages })
}

const marketOrder = (exit: StoredOrder): OrderCommand => ({
  ...orderCommand.parse(orderCommand.strip().encode(exit)),
  order_type: 'MARKET',
  time_in_force: 'DAY',
  limit_price: null,
  stop_price: null,
  expires_at: null,
})

const halves = (quantity: Decimal, lot: Decimal): Decimal[] => {
  const half = floorToStep(quantity.div(2), lot)
  return half.gt(0) ? [half, quantity.minus(half)] : [quantity]
}

/** There is nothing left for it to close: its signal ends with it, which whoever books it must be told. */
async function finish(look: Look, exit: StoredOrder): Promise<void> {
  const at = now()
  await keep(look, { ...exit, unfinished_exit: false, updated_at: at, outbox: [confirmationMessage(exit, exit.fills ?? [], at)] })
}
