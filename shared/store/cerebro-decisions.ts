import { z } from 'zod'
import { ZERO } from '../domain/money/decimal.ts'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { type OrderCommand, orderCommand } from '../messages/order.ts'
import { action, bookMode } from '../messages/signal.ts'
import { collection, readOrNull, type Store, update } from './collection.ts'
import { reservation } from './margin-ledger.ts'
import { type OutboxMessage, outbox, outboxIndexes, toOutbox } from './outbox.ts'
import { readAll } from './query.ts'
import { notInShadow } from './shadow.ts'
import type { JoinedWrite } from './write-together.ts'

const verdict = z.enum(['APPROVED', 'DENIED', 'HELD'])

const decidedLeg = z.object({
  ticker: z.string(),
  action,
  signal_type: z.enum(['ENTRY', 'EXIT']),
  decision: verdict,
  reason_code: z.string().nullable(),
  reason: z.string(),
  wanted_quantity: decimal,
  position_size: decimal,
  /** Which of the signal's legs. */
  leg: z.number(),
  /** Opens the other side of what the same leg closes, once that has filled. */
  reverses: z.boolean(),
  /** What an entry would have traded at; null for exits and without a price. */
  price: decimal.nullable(),
})

/** What a dropped entry would have made (CER-5), of one of the decision's legs. */
const counterfactual = z.object({
  leg: z.number(),
  quantity: decimal,
  entry_price: decimal,
  exit_price: decimal,
  exit_at: date,
  /** The signal that would have closed it; null where its holding period was over. */
  ended_by: z.string().nullable(),
  /** After fees: in the instrument's currency, and in the fund's; null without a rate. */
  pnl: decimal,
  /** By what the strategy's fills cost. */
  fees: decimal.default(ZERO),
  currency: z.string(),
  pnl_fund: decimal.nullable(),
  pnl_pct: z.number(),
  at: date,
})
export type Counterfactual = z.output<typeof counterfactual>

/** CER-10. */
const storedDecision = z.object({
  signal_id: z.string(),
  strategy_id: identifier,
  cerebro_version: z.string(),
  timestamp: date,
  ticker: z.string(),
  action,
  decision: verdict,
  approved: z.boolean(),
  reason_code: z.string().nullable(),
  reason: z.string(),
  account_id: z.string().nullable(),
  trading_mode: bookMode,
  allocation_id: z.string().nullable(),
  allocation_pct: decimal,
  available_capital: decimal,
  wanted_quantity: decimal,
  position_size: decimal,
  position_size_usd: decimal,
  /** Code of the limit that left least of what was wanted; null where nothing was cut. */
  cut_by: z.string().nullable().default(null),
  margin_impact: decimal,
  cvar_before: z.number().nullable(),
  cvar_after: z.number().nullable(),
  /** What the entry adds to the fund's CVaR. */
  cvar_marginal: z.number().nullable().default(null),
  calculation: z.array(z.object({ step: z.string(), result: z.string(), figures: z.record(z.string(), z.string()) })),
  legs: z.array(decidedLeg),
  /** The reservations as they were granted, with the equity they were judged by. */
  reservations: z.array(reservation),
  /** Which executor its orders go to. */
  route: z.enum(['gateway', 'direct']),
  orders: z.array(orderCommand),
  /** Orders whose end it waits for, to be decided again: entries that an exit cancels, and exits before a reversal's entry. */
  waiting_for: z.array(z.string()),
  /** There as long as what its dropped entries would have made is not known. */
  counterfactual_pending: z.literal(true).optional(),
  counterfactuals: z.array(counterfactual).optional(),
  /** Counts the times it was decided again; compare-and-set. */
  round: z.number(),
  ...outbox,
})
export type StoredDecision = z.output<typeof storedDecision>

export const cerebroDecisions = collection('cerebro_decisions', {
  schema: storedDecision,
  indexes: [
    { key: { signal_id: 1, cerebro_version: 1 }, unique: true },
    { key: { strategy_id: 1, timestamp: -1 } },
    { key: { strategy_id: 1, decision: 1, reason_code: 1 } },
    { key: { decision: 1, timestamp: -1 } },
    { key: { waiting_for: 1 } },
    { key: { 'orders.order_id': 1 } },
    { key: { counterfactual_pending: 1, timestamp: 1 }, sparse: true },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

export const decisionQuery = (signal_id: string, cerebro_version: string) => ({
  in: cerebroDecisions,
  filter: { signal_id, cerebro_version },
})

export const decisionsQuery = (signal_ids: string[]) => ({
  in: cerebroDecisions,
  filter: { signal_id: { $in: signal_ids }, ...notInShadow },
})

export const decisionsOf = async (store: Store, signal_ids: string[]) => {
  const found = await readAll(store, decisionsQuery(signal_ids))
  return new Map(found.map(decision => [decision.signal_id, decision]))
}

/** Stores a decision, once by signal and version. */
export const decisionWrite = (decision: StoredDecision): JoinedWrite => ({ in: cerebroDecisions, insert: decision })

/** Replaces a decision by the one of the next round, unless somebody did so first. */
export async function replaceDecision(store: Store, decision: StoredDecision): Promise<boolean> {
  const { signal_id, cerebro_version, round } = decision
  const { outbox: messages = [], ...rest } = decision
  const written = await cerebroDecisions
    .in(store)
    .updateOne({ signal_id, cerebro_version, round: round - 1 }, update({ $set: rest, $push: { outbox: { $each: messages } } }))
  return written.modifiedCount === 1
}

/** Decisions that wait until this order has ended. Uses (waiting_for). */
export const decisionsWaitingFor = async (store: Store, order_id: string) => {
  const found = await cerebroDecisions.in(store).find({ waiting_for: order_id }).toArray()
  return found.map(cerebroDecisions.read)
}

/** Which of these orders an undone decision has asked to cancel, each with the signal that wants it. Uses (waiting_for). */
export async function cancelsWanted(store: Store, order_ids: string[]): Promise<Map<string, string>> {
  if (order_ids.length === 0) return new Map()
  const found = await readAll(store, { in: cerebroDecisions, filter: { waiting_for: { $in: order_ids } } })
  const cancels = found.flatMap(({ signal_id, orders }) =>
    orders.flatMap(({ command, target_order_id }) =>
      command === 'CANCEL' && target_order_id !== null ? [{ signal_id, target_order_id }] : [],
    ),
  )
  return new Map(cancels.map(({ signal_id, target_order_id }) => [target_order_id, signal_id]))
}

/** Signals whose decision has waited since before a moment. Uses (waiting_for). */
export const waitingSince = async (store: Store, before: Date, limit: number): Promise<string[]> => {
  const found = await cerebroDecisions
    .in(store)
    .find({ waiting_for: { $gt: '' }, timestamp: { $lt: before } }, { projection: { signal_id: 1 } })
    .limit(limit)
    .toArray()
  return found.map(({ signal_id }) => String(signal_id))
}

/** Decisions whose dropped entries have no value yet, oldest first. Uses (counterfactual_pending, timestamp). */
export const droppedDecisions = (store: Store, cerebro_version: string, limit: number) =>
  readAll(store, { in: cerebroDecisions, filter: { counterfactual_pending: true, cerebro_version }, sort: { timestamp: 1 }, limit })

/** Keeps what dropped entries would have made with their decision, once; tells whether nobody was first. */
export async function settleDropped(
  store: Store,
  { signal_id, cerebro_version }: StoredDecision,
  counterfactuals: readonly Counterfactual[],
): Promise<boolean> {
  const written = await cerebroDecisions
    .in(store)
    .updateOne(
      { signal_id, cerebro_version, counterfactual_pending: true },
      update({ $set: { counterfactuals }, $unset: { counterfactual_pending: '' } }),
    )
  return written.modifiedCount === 1
}

/** Orders that approved decisions of these signals make. */
export async function approvedOrderIds(store: Store, signal_ids: string[]): Promise<Set<string>> {
  const found = await cerebroDecisions
    .in(store)
    .find({ signal_id: { $in: signal_ids }, decision: 'APPROVED' })
    .toArray()
  return new Set(found.map(document => cerebroDecisions.read(document)).flatMap(({ orders }) => orders.map(({ order_id }) => order_id)))
}

/** The decision that makes an order. Uses (orders.order_id). */
export const decisionWithOrder = async (store: Store, order_id: string) =>
  readOrNull(cerebroDecisions, await cerebroDecisions.in(store).findOne({ 'orders.order_id': order_id }))

/** Orders of one account and symbol are carried out one after another. */
export const orderingKey = ({ account_id, instrument }: Pick<OrderCommand, 'account_id' | 'instrument'>): string =>
  `${account_id}:${instrument.symbol}`

/** The message that carries an order, on the route of its account's broker. */
export const orderMessage = (order: OrderCommand, { at, route }: { at: Date; route: string }): OutboxMessage =>
  toOutbox({
    topic: 'trading-orders',
    ordering_key: orderingKey(order),
    attributes: { route, signal_id: order.signal_id, order_id: order.order_id },
    data: order,
    at,
  })

/** Puts an order of a decision among what must be sent once more; the ordering key under which it waits. */
export async function putOrderInOutbox(
  store: Store,
  { decision, order, at }: { decision: StoredDecision; order: OrderCommand; at: Date },
): Promise<string> {
  const message = orderMessage(order, { at, route: decision.route })
  const { signal_id, cerebro_version } = decision
  await cerebroDecisions.in(store).updateOne({ signal_id, cerebro_version }, update({ $push: { outbox: message } }))
  return message.ordering_key
}

export interface DecisionCounts {
  approved: number
  denied: number
  /** Denials by reason code. */
  breakdown: Record<string, number>
  /** Mean value of what was approved, in the fund's currency; null where nothing was. */
  average_size: number | null
}

/** How a strategy's signals were decided. Uses (strategy_id, decision, reason_code). */
export async function decisionCounts(store: Store, strategy_id: string): Promise<DecisionCounts> {
  const groups = await cerebroDecisions
    .in(store)
    .aggregate([
      { $match: { strategy_id, ...notInShadow } },
      { $group: { _id: { decision: '$decision', code: '$reason_code' }, count: { $sum: 1 }, size: { $avg: '$position_size_usd' } } },
    ])
    .toArray()
  const approved = groups.find(({ _id }) => _id.decision === 'APPROVED')
  const denials = groups.filter(({ _id }) => _id.decision === 'DENIED')
  return {
    approved: Number(approved?.count ?? 0),
    denied: denials.reduce((total, { count }) => total + Number(count), 0),
    breakdown: Object.fromEntries(denials.map(({ _id, count }) => [String(_id.code), Number(count)])),
    average_size: approved ? Number(approved.size) : null,
  }
}
