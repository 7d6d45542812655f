import { Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { FillReport } from '../../messages/order.ts'
import type { BrokerExecution, BrokerOrder, BrokerOrderStatus } from '../broker.ts'
import type { Contracts } from './contracts.ts'
import { exact } from './exact.ts'
import { corrected, type Executions, type LiveExecution } from './live-executions.ts'
import { isDone, type LiveOrder, type LiveOrders } from './live-orders.ts'
import { ocoRef, termsOf, typeOf } from './order-terms.ts'

export interface Reporting {
  orders: LiveOrders
  executions: Executions
  contracts: Contracts
  time_zone: string
}

export const brokerIdOf = ({ perm_id, client_id, order_id }: Pick<LiveOrder, 'perm_id' | 'client_id' | 'order_id'>): string =>
  perm_id === 0 ? `${client_id}-${order_id}` : String(perm_id)

const fillOf = (made: LiveExecution): FillReport => {
  const corrects = corrected(made)
  return {
    execution_id: made.exec_id,
    price: made.price,
    quantity: made.quantity,
    time: made.time,
    commission: made.commission?.amount ?? ZERO,
    commission_currency: made.commission?.currency || made.contract.currency || '',
    ...(made.commission === null && { commission_pending: true }),
    ...(corrects !== undefined && { corrects }),
  }
}

const oldestFirst = (made: LiveExecution[]): LiveExecution[] => made.toSorted((one, other) => one.time.getTime() - other.time.getTime())

export const executionsOf = ({ executions }: Pick<Reporting, 'executions'>, order: LiveOrder): LiveExecution[] =>
  oldestFirst(executions.of(order.perm_id, order))

const executedOf = (made: readonly LiveExecution[]): Decimal => sum(made.map(({ quantity }) => quantity))

/** Executions of days before are not told any more: of an order that ended then, its status is all there is. */
const filledOf = (order: LiveOrder, made: readonly LiveExecution[]): Decimal =>
  order.settled ? Decimal.max(executedOf(made), order.told_filled) : executedOf(made)

/** What an order is for. Of one that has ended, the list of those tells what is left of it, which is nothing where all has filled. */
function totalOf({ terms, told_filled, completed, status }: LiveOrder): Decimal | null {
  const told = exact(terms.totalQuantity)
  return told?.isZero() && completed !== null && status === 'Filled' ? told_filled : told
}

/**
 * What an order's status is worth. It has filled only once its executions say so (rule 10): until they come it works, however early the
 * status was told.
 */
export function statusOf(order: LiveOrder, filled: Decimal): BrokerOrderStatus {
  const quantity = totalOf(order) ?? ZERO
  if (quantity.gt(0) && filled.gte(quantity)) return 'FILLED'
  const working = filled.gt(0) ? 'PARTIALLY_FILLED' : 'SUBMITTED'
  switch (order.status) {
    case 'PendingCancel':
      return 'CANCEL_PENDING'
    case 'ApiCancelled':
    case 'Cancelled':
      if (order.refusal !== null && filled.isZero()) return 'REJECTED'
      return /expire/i.test(order.completed ?? '') ? 'EXPIRED' : 'CANCELED'
    case 'Inactive':
      return order.why_held !== '' || filled.gt(0) ? working : 'REJECTED'
    default:
      return order.refusal !== null && !order.heard ? 'REJECTED' : working
  }
}

/** Whether the status says more than the executions that came with it. */
export const lacksExecutions = (reporting: Pick<Reporting, 'executions'>, order: LiveOrder): boolean =>
  !order.settled && order.told_filled.gt(executedOf(executionsOf(reporting, order)))

const roleOf = ({ order_ref }: LiveOrder): BrokerOrder['role'] =>
  order_ref.endsWith('_SL') ? 'STOP_LOSS' : order_ref.endsWith('_TP') ? 'TAKE_PROFIT' : null

async function single(reporting: Reporting, order: LiveOrder): Promise<BrokerOrder> {
  const { instrument_id, symbol } = await reporting.contracts.find(order.contract)
  const made = executionsOf(reporting, order)
  const filled_qty = filledOf(order, made)
  return {
    ...termsOf(order.terms, reporting.time_zone),
    account_id: order.account,
    broker_order_id: brokerIdOf(order),
    client_order_id: order.order_ref === '' ? null : order.order_ref,
    instrument_id,
    symbol,
    action: (order.terms.action ?? made[0]?.action) === 'SELL' ? 'SELL' : 'BUY',
    quantity: totalOf(order) ?? filled_qty,
    order_type: typeOf(order.terms),
    time_in_force: String(order.terms.tif ?? '') === 'OPG' ? 'DAY' : String(order.terms.tif ?? 'DAY'),
    status: statusOf(order, filled_qty),
    filled_qty,
    reason: order.refusal ?? order.message,
    fills: made.map(fillOf),
    role: roleOf(order),
    legs: [],
    updated_at: order.updated_at,
  }
}

/** The other side of an OCO; null for an order of another kind. */
export const otherSide = ({ orders }: Pick<Reporting, 'orders'>, { account, order_ref }: LiveOrder): LiveOrder | null =>
  order_ref === '' ? null : orders.byRef(account, ocoRef(order_ref))

/** The order whose part this one is: an OCO's first side, a bracket's entry; itself where it is whole. */
export function wholeOf({ orders }: Pick<Reporting, 'orders'>, order: LiveOrder): LiveOrder {
  const [, ref] = /^(.+)_(SL|TP|OCO)$/.exec(order.order_ref) ?? []
  return (ref !== undefined && orders.byRef(order.account, ref)) || order
}

/** Both sides of an OCO as the one order that they are. */
async function bothSides(reporting: Reporting, limit: LiveOrder, stop: LiveOrder): Promise<BrokerOrder> {
  const [one, other] = await Promise.all([single(reporting, limit), single(reporting, stop)])
  const filled_qty = one.filled_qty.plus(other.filled_qty)
  const live = isDone(limit) && !isDone(stop) ? other : one
  const filled = filled_qty.gte(one.quantity)
  return {
    ...one,
    order_type: 'OCO',
    stop_price: other.stop_price,
    status: filled ? 'FILLED' : filled_qty.gt(0) && live.status === 'SUBMITTED' ? 'PARTIALLY_FILLED' : live.status,
    filled_qty,
    fills: [...one.fills, ...other.fills].toSorted((first, second) => first.time.getTime() - second.time.getTime()),
    reason: live.reason,
    updated_at: one.updated_at > other.updated_at ? one.updated_at : other.updated_at,
  }
}

/** An order as the port tells of it: a bracket as its entry with what closes it, an OCO as one. */
export async function report(reporting: Reporting, order: LiveOrder): Promise<BrokerOrder> {
  const stop = otherSide(reporting, order)
  if (stop) return bothSides(reporting, order, stop)
  const entry = await single(reporting, order)
  const children = reporting.orders.childrenOf(order)
  if (children.length === 0) return entry
  const legs = await Promise.all(children.map(child => single(reporting, child)))
  return {
    ...entry,
    order_type: 'BRACKET',
    stop_loss: legs.find(({ role }) => role === 'STOP_LOSS')?.stop_price ?? null,
    take_profit: legs.find(({ role }) => role === 'TAKE_PROFIT')?.limit_price ?? null,
    legs,
  }
}

export async function reportExecution({ contracts, orders }: Reporting, made: LiveExecution): Promise<BrokerExecution> {
  const { instrument_id, symbol } = await contracts.find(made.contract)
  const ref = made.order_ref.replace(/_OCO$/, '')
  const owner = orders.byRef(made.account, ref)
  return {
    ...fillOf(made),
    account_id: made.account,
    broker_order_id: owner && ref !== made.order_ref ? brokerIdOf(owner) : brokerIdOf(made),
    client_order_id: ref === '' ? null : ref,
    instrument_id,
    symbol,
    action: made.action,
  }
}
