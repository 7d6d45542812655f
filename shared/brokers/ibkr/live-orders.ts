import type { Contract, Order, OrderState } from '@stoqey/ib'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import { exact } from './exact.ts'
import type { StatusTold } from './link.ts'

/** An order as far as it is known, in the words of the protocol. */
export interface LiveOrder {
  account: string
  client_id: number
  /** Of the client that gave it; 0 for what people gave by hand, and for what is only known as completed. */
  order_id: number
  /** The broker's own, for ever; 0 until it is told. */
  perm_id: number
  order_ref: string
  contract: Contract
  terms: Order
  status: string
  told_filled: Decimal
  why_held: string
  /** Why it was refused. */
  refusal: string | null
  /** The last thing said about it. */
  message: string | null
  completed: string | null
  /** Whether the broker said anything of it. */
  heard: boolean
  /** It was working and is no longer listed: what became of it is to be asked. */
  missing: boolean
  /** Its executions were asked for, and no more of them are known: what the status says is all there is. */
  settled: boolean
  sent_at: number
  updated_at: Date
}

const DONE = ['Filled', 'Cancelled', 'ApiCancelled', 'Inactive']
/** How far each status is along; what lies behind never comes back by a late or repeated message (rule 13). */
const ranks: Record<string, number> = {
  Unsent: 0,
  ApiPending: 1,
  PendingSubmit: 2,
  PreSubmitted: 3,
  Submitted: 4,
  PendingCancel: 5,
  Inactive: 6,
  ApiCancelled: 7,
  Cancelled: 7,
  Filled: 8,
}
const rankOf = (status: string): number => ranks[status] ?? 0

export const isDone = ({ status }: Pick<LiveOrder, 'status'>): boolean => DONE.includes(status)
export const isWorking = (order: LiveOrder): boolean => order.heard && !isDone(order)

interface Found {
  account: string
  client_id: number
  order_id: number
  perm_id: number
  order_ref: string
}

export interface LiveDeps {
  client_id: number
  now(): Date
  changed(order: LiveOrder): void
}

/** Orders by the number that their client gave them, by the broker's own, and by our reference (rule 23). */
export function openOrders({ client_id, now, changed }: LiveDeps) {
  const all = new Set<LiveOrder>()
  const byNumber = new Map<string, LiveOrder>()
  const byPerm = new Map<number, LiveOrder>()
  const byRef = new Map<string, LiveOrder>()
  let highest = 0

  const numberKey = (client: number, order_id: number) => `${client} ${order_id}`
  const refKey = (account: string, ref: string) => `${account} ${ref}`

  function index(order: LiveOrder): void {
    all.add(order)
    if (order.order_id > 0) byNumber.set(numberKey(order.client_id, order.order_id), order)
    if (order.perm_id !== 0) byPerm.set(order.perm_id, order)
    if (order.order_ref !== '') byRef.set(refKey(order.account, order.order_ref), order)
    if (order.client_id === client_id) highest = Math.max(highest, order.order_id)
  }

  const find = ({ account, client_id: client, order_id, perm_id, order_ref }: Found): LiveOrder | undefined =>
    byPerm.get(perm_id) ??
    (order_id > 0 ? byNumber.get(numberKey(client, order_id)) : undefined) ??
    // A reference is ours alone: others may repeat theirs.
    (order_ref !== '' && (client === client_id || order_id === 0) ? unclaimed(byRef.get(refKey(account, order_ref)), perm_id) : undefined)

  function add(found: Found, contract: Contract, terms: Order): LiveOrder {
    const order: LiveOrder = {
      ...found,
      contract,
      terms,
      status: 'Unsent',
      told_filled: ZERO,
      why_held: '',
      refusal: null,
      message: null,
      completed: null,
      heard: false,
      missing: false,
      settled: false,
      sent_at: 0,
      updated_at: now(),
    }
    index(order)
    return order
  }

  /** Learns numbers that were not known before. */
  function recognize(order: LiveOrder, { client_id: client, order_id, perm_id, order_ref }: Found): void {
    if (order_id > 0 && order.order_id === 0) Object.assign(order, { order_id, client_id: client })
    if (perm_id !== 0) order.perm_id = perm_id
    if (order_ref !== '') order.order_ref = order_ref
    index(order)
  }

  function move(order: LiveOrder, status: string, authoritative = false): void {
    const revived = order.status === 'Inactive' && ['PreSubmitted', 'Submitted'].includes(status)
    const forward = rankOf(status) >= rankOf(order.status) || revived || (authoritative && !isDone(order))
    if (rankOf(status) === 0 || !forward) return
    if (order.status !== status) order.updated_at = now()
    order.status = status
    if (revived) order.refusal = null
  }

  return {
    all: (): LiveOrder[] => [...all],
    highest: () => highest,
    byRef: (account: string, ref: string): LiveOrder | null => byRef.get(refKey(account, ref)) ?? null,
    byPerm: (perm_id: number): LiveOrder | null => byPerm.get(perm_id) ?? null,
    ownByNumber: (order_id: number): LiveOrder | null => byNumber.get(numberKey(client_id, order_id)) ?? null,
    childrenOf: (order: LiveOrder): LiveOrder[] =>
      order.order_id === 0
        ? [...all].filter(each => each.terms.parentPermId !== undefined && each.terms.parentPermId === order.perm_id && order.perm_id !== 0)
        : [...all].filter(each => each.client_id === order.client_id && each.terms.parentId === order.order_id),
    /** What is about to be sent. The number that an order was sent with before is used again, so that both are one order. */
    sending: (contract: Contract, terms: Order, order_id: number): LiveOrder => {
      const found = { account: terms.account ?? '', client_id, order_id, perm_id: 0, order_ref: terms.orderRef ?? '' }
      const order = byRef.get(refKey(found.account, found.order_ref)) ?? add(found, contract, terms)
      if (!order.heard) {
        byNumber.delete(numberKey(client_id, order.order_id))
        Object.assign(order, { contract, terms, order_id, status: 'Unsent', refusal: null })
        index(order)
      }
      order.sent_at = performance.now()
      return order
    },
    openOrder: (order_id: number, contract: Contract, terms: Order, state: OrderState): LiveOrder => {
      const found: Found = {
        account: terms.account ?? '',
        client_id: terms.clientId ?? 0,
        order_id,
        perm_id: terms.permId ?? 0,
        order_ref: terms.orderRef ?? '',
      }
      const order = find(found) ?? add(found, contract, terms)
      recognize(order, found)
      Object.assign(order, { contract, terms, heard: true, missing: false })
      move(order, String(state.status), true)
      changed(order)
      return order
    },
    orderStatus: (told: StatusTold): void => {
      const order = find({ account: '', order_ref: '', ...told })
      // The order itself will be told of, or asked for.
      if (!order) return
      recognize(order, { account: order.account, order_ref: '', ...told })
      order.heard = true
      order.why_held = told.why_held
      order.told_filled = exact(told.filled) ?? order.told_filled
      move(order, told.status)
      changed(order)
    },
    completed: (contract: Contract, terms: Order, state: OrderState): void => {
      const found: Found = {
        account: terms.account ?? '',
        client_id: terms.clientId ?? 0,
        order_id: 0,
        perm_id: terms.permId ?? 0,
        order_ref: terms.orderRef ?? '',
      }
      const order = find(found) ?? add(found, contract, terms)
      recognize(order, found)
      order.heard = true
      order.missing = false
      order.completed = state.completedStatus ?? null
      if (isDone(order)) return
      order.told_filled = exact(terms.filledQuantity) ?? order.told_filled
      move(order, isDone({ status: String(state.status) }) ? String(state.status) : 'Cancelled')
      changed(order)
    },
    /** An execution proves that its order is there. */
    executed: (found: Found, contract: Contract): LiveOrder => {
      const order = find(found) ?? add(found, contract, { orderType: 'MKT' as Order['orderType'], account: found.account })
      recognize(order, found)
      order.heard = true
      order.updated_at = now()
      if (rankOf(order.status) < rankOf('Submitted')) order.status = 'Submitted'
      changed(order)
      return order
    },
    refused: (order: LiveOrder, reason: string): void => {
      order.refusal = reason
      order.updated_at = now()
      changed(order)
    },
    /** The broker listed all working orders: one that was there long enough and is not among them has ended. */
    listed: (listed: ReadonlySet<LiveOrder>, asked_at: number): void => {
      for (const order of all) {
        if (listed.has(order) || !isWorking(order) || order.sent_at > asked_at) continue
        order.missing = true
        changed(order)
      }
    },
    settle: move,
  }
}
export type LiveOrders = ReturnType<typeof openOrders>

/** An order of the same reference counts as the same one only while nobody told another number of it. */
const unclaimed = (order: LiveOrder | undefined, perm_id: number): LiveOrder | undefined =>
  order && (order.perm_id === 0 || perm_id === 0 || order.perm_id === perm_id) ? order : undefined
