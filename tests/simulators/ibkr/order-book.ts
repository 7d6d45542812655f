import { bookExecution, marginOf } from './accounts.ts'
import { matching, type SimContract } from './contracts.ts'
import { newOrder, type Refusal, refusalOf, termsOf } from './new-order.ts'
import type { Margins } from './replies.ts'
import type { PlaceMessage } from './requests.ts'
import { type Faults, isWorking, type Market, type SimAccount, type SimExecution, type SimOrder, text } from './state.ts'
import { fillPrice, isForAuction, restsAt } from './trigger.ts'

/** Where the book tells what happens; who hears of an order is not its business. */
export interface Told {
  openOrder(order: SimOrder, margins?: Margins): void
  status(order: SimOrder): void
  execution(execution: SimExecution): void
  commission(execution: SimExecution): void
  refused(client_id: number, order_id: number, refusal: Refusal): void
}

export interface BookDeps {
  contracts: readonly SimContract[]
  accounts: Map<string, SimAccount>
  faults: Faults
  marketOf(contract: SimContract): Market | null
  timeText(at: Date): string
  now(): Date
  firstNumber: number
  tell: Told
}

const FEE = '1'

/** Takes orders, keeps them, and fills them as the market reaches them. */
export function openOrderBook(deps: BookDeps) {
  const { accounts, contracts, faults, marketOf, now } = deps
  const orders: SimOrder[] = []
  const executions: SimExecution[] = []
  /** Commissions that were not told yet. */
  const untold: SimExecution[] = []
  const highest = new Map<number, number>()
  let perm_id = deps.firstNumber
  let exec_number = deps.firstNumber
  let muted = false
  const tell: Told = {
    openOrder: (...given) => void (muted || deps.tell.openOrder(...given)),
    status: order => {
      if (muted) return
      deps.tell.status(order)
      if (faults.duplicate_statuses) deps.tell.status(order)
    },
    execution: given => void (muted || deps.tell.execution(given)),
    commission: given => void (muted || deps.tell.commission(given)),
    refused: (...given) => void (muted || deps.tell.refused(...given)),
  }

  const byId = (client_id: number, order_id: number) => orders.find(each => each.client_id === client_id && each.order_id === order_id)
  const parentOf = (order: SimOrder) => (order.parent_id === 0 ? undefined : byId(order.client_id, order.parent_id))
  /** An order waits for its parent to fill, and for somebody to say that it may go. */
  const isLive = (order: SimOrder) => isWorking(order) && order.transmit && (parentOf(order)?.status ?? 'Filled') === 'Filled'

  function end(order: SimOrder, status: string, completed: string): void {
    order.status = status
    order.completed_at = deps.timeText(now())
    order.completed_status = completed
  }

  function cancelNow(order: SimOrder, why: string): void {
    end(order, 'Cancelled', `Cancelled by ${why}`)
    tell.status(order)
    tell.refused(order.client_id, order.order_id, { code: 202, message: 'Order Canceled - reason:' })
    for (const child of orders.filter(each => isWorking(each) && each.client_id === order.client_id && each.parent_id === order.order_id))
      if (order.order_id !== 0) cancelNow(child, 'its parent')
  }

  const rivals = (order: SimOrder) =>
    orders.filter(
      other =>
        other !== order &&
        isWorking(other) &&
        other.account === order.account &&
        ((order.oca_group !== '' && other.oca_group === order.oca_group) ||
          (order.parent_id !== 0 && other.parent_id === order.parent_id && other.client_id === order.client_id)),
    )

  function execute(order: SimOrder, price: string, shares: number): SimExecution {
    const before = Number(order.filled)
    const filled = before + shares
    const at = now()
    order.avg_price = text((Number(order.avg_price) * before + Number(price) * shares) / filled)
    order.filled = text(filled)
    order.last_price = price
    if (filled >= Number(order.quantity)) end(order, 'Filled', `Filled Size: ${order.filled}`)
    else order.status = 'Submitted'
    exec_number += 1
    const made: SimExecution = {
      order: { ...order },
      exec_id: `0001f4e5.${exec_number.toString(16).padStart(8, '0')}.01.01`,
      at,
      time: deps.timeText(at),
      exchange: order.contract.exchange === 'SMART' ? 'ISLAND' : order.contract.exchange,
      shares: text(shares),
      price,
      cumulative: order.filled,
      average: order.avg_price,
      commission: FEE,
    }
    executions.push(made)
    const account = accounts.get(order.account)
    if (account) bookExecution(account, made)
    return made
  }

  function tellFill(order: SimOrder, made: SimExecution): void {
    const told = [() => tell.execution(made), () => tell.openOrder(order), () => tell.status(order)]
    const [first, ...rest] = faults.execution_first ? told : [...told.slice(1), ...told.slice(0, 1)]
    first?.()
    for (const each of rest) each()
    if (faults.commission === 'prompt') tell.commission(made)
    else untold.push(made)
  }

  function fill(order: SimOrder, price: string, parts = faults.partials): void {
    const left = Number(order.quantity) - Number(order.filled)
    const share = parts > 1 ? Math.floor(left / parts) : left
    const sizes = share > 0 && share < left ? [...Array.from({ length: parts - 1 }, () => share), left - share * (parts - 1)] : [left]
    for (const size of sizes) tellFill(order, execute(order, price, Number(size.toFixed(8))))
    for (const rival of rivals(order)) cancelNow(rival, 'its group')
    for (const child of orders.filter(each => each.parent_id === order.order_id && each.client_id === order.client_id && isWorking(each)))
      if (order.order_id !== 0) rest(child)
  }

  function rest(order: SimOrder): void {
    const status = isLive(order) ? restsAt(order) : 'PreSubmitted'
    if (order.status === status) return
    order.status = status
    tell.status(order)
  }

  /** Fills what the market reaches; what may not wait for it ends. */
  function work(only: readonly SimOrder[] = orders): void {
    for (const order of [...only]) {
      if (!isLive(order) || isForAuction(order)) continue
      const market = marketOf(order.contract)
      const price = market && fillPrice(order, market)
      if (price) fill(order, price)
      else if (order.tif === 'IOC' || order.tif === 'FOK') cancelNow(order, 'its time in force')
    }
  }

  const draft = (client_id: number, message: PlaceMessage, contract: SimContract): SimOrder => ({
    ...newOrder(message, contract),
    client_id,
    perm_id: ++perm_id,
    parent_perm_id: byId(client_id, message.parent_id)?.perm_id ?? 0,
  })

  function accept(order: SimOrder): void {
    orders.push(order)
    // Whoever says that a later part of a bracket may go, lets all of it go.
    if (order.transmit) {
      const family = orders.filter(each => each.client_id === order.client_id && isWorking(each) && !each.transmit)
      for (const each of family) if (each.order_id === order.parent_id || each.parent_id === order.parent_id) each.transmit = true
    }
    order.status = isLive(order) ? restsAt(order) : 'PreSubmitted'
    const first = faults.execution_first && isLive(order) && marketOf(order.contract) !== null && !isForAuction(order)
    if (!first) {
      tell.openOrder(order)
      tell.status(order)
    }
    const warning = faults.warnings.shift()
    if (warning) tell.refused(order.client_id, order.order_id, warning)
    work(orders.filter(each => each === order || each.order_id === order.parent_id || each.parent_id === order.parent_id))
    if (first && isWorking(order)) {
      tell.openOrder(order)
      tell.status(order)
    }
  }

  function whatIf(client_id: number, message: PlaceMessage, contract: SimContract): void {
    const held = [...(accounts.get(message.account)?.positions.values() ?? [])]
    const before = held.reduce((sum, each) => sum + marginOf(each, marketOf), 0)
    const added = marginOf({ contract, quantity: Number(message.quantity) }, marketOf)
    const order = { ...draft(client_id, message, contract), status: 'PreSubmitted' }
    tell.openOrder(order, {
      init_before: text(before),
      init_after: text(before + added),
      maintenance_before: text(before * 0.8),
      maintenance_after: text((before + added) * 0.8),
      commission: FEE,
    })
  }

  function place(client_id: number, message: PlaceMessage) {
    const [contract] = matching(contracts, message)
    const refusal = refusalOf(message, contract, accounts)
    const refuse = (given: Refusal) => tell.refused(client_id, message.order_id, given)
    if (refusal || !contract) return void (refusal && refuse(refusal))
    if (message.what_if) return whatIf(client_id, message, contract)
    const known = byId(client_id, message.order_id)
    if (known && isWorking(known)) {
      const asked = faults.refusals.shift()
      if (asked) return refuse(asked)
      Object.assign(known, termsOf(message))
      tell.openOrder(known)
      tell.status(known)
      return work([known])
    }
    if (message.order_id <= (highest.get(client_id) ?? 0)) return refuse({ code: 103, message: 'Duplicate order id' })
    const asked = faults.refusals.shift()
    if (asked?.code === 103) return refuse(asked)
    highest.set(client_id, message.order_id)
    const order = draft(client_id, message, contract)
    if (asked) {
      if (asked.inactive) {
        end(order, 'Inactive', 'Inactive')
        orders.push(order)
        tell.openOrder(order)
        tell.status(order)
      }
      return asked.code > 0 ? refuse(asked) : undefined
    }
    muted = faults.lost_answers > 0
    if (muted) faults.lost_answers -= 1
    try {
      accept(order)
    } finally {
      muted = false
    }
  }

  function cancel(client_id: number, order_id: number) {
    const order = byId(client_id, order_id)
    const refuse = (code: number, message: string) => tell.refused(client_id, order_id, { code, message })
    if (!order) return refuse(10147, `OrderId ${order_id} that needs to be cancelled is not found.`)
    if (!isWorking(order))
      return refuse(10148, `OrderId ${order_id} that needs to be cancelled can not be cancelled, state: ${order.status}.`)
    muted = faults.lost_cancels > 0
    if (muted) faults.lost_cancels -= 1
    try {
      order.status = 'PendingCancel'
      tell.status(order)
      if (faults.fill_on_cancel === 0) return cancelNow(order, 'Trader')
      faults.fill_on_cancel -= 1
      fill(order, order.limit || marketOf(order.contract)?.ask || '1')
      refuse(10148, `OrderId ${order_id} that needs to be cancelled can not be cancelled, state: Filled.`)
    } finally {
      muted = false
    }
  }

  return {
    orders,
    executions,
    untold,
    place,
    cancel,
    work,
    fill,
    /** Fills a part of an order. */
    part: (order: SimOrder, price: string, shares: number) => tellFill(order, execute(order, price, shares)),
    add: accept,
    nextPermId: () => ++perm_id,
    /** Ends one as nobody asked for: a rejection by the exchange, an order that lived its day. */
    end: (order: SimOrder, status: string, completed: string) => {
      end(order, status, completed)
      tell.status(order)
    },
    /** Opens or closes the market for the orders that wait for that. */
    auction: () => {
      for (const order of [...orders].filter(each => isLive(each) && isForAuction(each))) {
        const market = marketOf(order.contract)
        const price = market && fillPrice(order, market)
        if (price) fill(order, price)
      }
    },
    /** Tells that an execution was at another price than was told. */
    correct: (exec_id: string, price: string) => {
      const wrong = executions.find(each => each.exec_id === exec_id)
      if (!wrong) throw new Error(`there is no execution ${exec_id}`)
      const revision = Number(exec_id.split('.').at(-1)) + 1
      const right = { ...wrong, exec_id: exec_id.replace(/\d+$/, String(revision).padStart(2, '0')), price, average: price }
      executions.push(right)
      tell.execution(right)
      tell.commission(right)
      return right.exec_id
    },
    tellCommissions: () => {
      for (const late of untold.splice(0)) tell.commission(late)
    },
    /** Ids of one client begin here from now on. */
    skipTo: (client_id: number, order_id: number) => void highest.set(client_id, order_id - 1),
    nextId: (client_id: number) => (highest.get(client_id) ?? 0) + 1,
  }
}
export type OrderBook = ReturnType<typeof openOrderBook>
