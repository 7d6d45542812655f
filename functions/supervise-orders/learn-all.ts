import type { BrokerExecution, BrokerOrder } from '../../shared/brokers/broker.ts'
import { now } from '../../shared/runtime/clock.ts'
import { ordersByClientId, ordersByPartId, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { adopt, foreignExecution, foreignOrder } from './external.ts'
import { learn, learnOf } from './record.ts'
import { type Look, QUIET_MS } from './supervision.ts'

/** Orders of somebody else that are adopted side by side: there may be a thousand at a start. */
const TOGETHER = 25

/** Orders and executions as the broker told them, asked or by its stream. */
export interface Told {
  orders: readonly BrokerOrder[]
  executions: readonly BrokerExecution[]
}

const entryIdOf = (client_order_id: string) => client_order_id.replace(/_(SL|TP)$/, '')

/**
 * Books what the broker tells: on our own orders, or on EXTERNAL. A thing that is too young to have a document waits (rule 12).
 * @returns the instruments in which something waits
 */
export async function learnAll(look: Look, { orders, executions }: Told): Promise<Set<string>> {
  const { store, account } = look
  const told = [...orders, ...executions].flatMap(({ client_order_id, broker_order_id }) => {
    const id = client_order_id ?? broker_order_id
    return [id, entryIdOf(id)]
  })
  const [whole, parted] = await Promise.all([
    ordersByClientId(store, account.account_id, told),
    ordersByPartId(store, account.account_id, told),
  ])
  const ours = new Map([
    ...whole.map(order => [order.client_order_id, order] as const),
    ...parted.flatMap(order => (order.part_client_ids ?? []).map(id => [id, order] as const)),
  ])
  const waiting = new Set<string>()
  for (const seen of orders) {
    const id = seen.client_order_id ?? seen.broker_order_id
    const order = ours.get(id)
    // An order of several parts learns from each what filled, and ends with all of them.
    if (order?.part_client_ids) ours.set(id, await learn(look, order, { event: null, fills: seen.fills }))
    else if (order) ours.set(id, await learnOf(look, order, seen))
  }
  const foreign = orders.filter(seen => !ours.has(seen.client_order_id ?? seen.broker_order_id) && isOld(seen.updated_at))
  for (let first = 0; first < foreign.length; first += TOGETHER) {
    const adopted = await Promise.all(foreign.slice(first, first + TOGETHER).map(seen => adopt(look, foreignOrder(seen))))
    for (const order of adopted) ours.set(order.client_order_id, order)
  }
  for (const [id, fills] of Map.groupBy(executions, ({ client_order_id, broker_order_id }) => client_order_id ?? broker_order_id)) {
    const order = ours.get(id) ?? (await legFromBroker(look, ours, id))
    // Young ones of nobody may belong to an order that is just being stored.
    const due = order ? fills : fills.filter(({ time }) => isOld(time))
    if (order) await learn(look, order, { event: null, fills })
    else for (const execution of due) await adopt(look, foreignExecution(execution))
    look.memory.settle(due)
    if (due.length < fills.length) for (const { instrument_id } of fills) waiting.add(instrument_id)
  }
  return waiting
}

/** A moment that lies ahead is that of a clock that was wrong. */
export const isOld = (moment: Date): boolean => Math.abs(now().getTime() - moment.getTime()) > QUIET_MS

/** An execution of a bracket's closing order that was never seen working: its entry tells of it. */
async function legFromBroker(look: Look, ours: ReadonlyMap<string, StoredOrder>, id: string): Promise<StoredOrder | null> {
  const entry = id === entryIdOf(id) ? undefined : ours.get(entryIdOf(id))
  if (!entry) return null
  const broker = await look.brokers(look.broker.broker_id)
  const seen = await broker.getOrder(entry)
  if (!seen) return null
  await learnOf(look, entry, seen)
  return (await ordersByClientId(look.store, look.account.account_id, [id]))[0] ?? null
}
