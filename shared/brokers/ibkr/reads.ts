import type { Contract, ContractDetails } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import {
  type Balance,
  BrokerConnectionError,
  BrokerError,
  type BrokerExecution,
  type BrokerOrder,
  type BrokerPosition,
  type Margin,
  type OrderId,
  type PlaceRequest,
  type Session,
  type WhatIf,
} from '../broker.ts'
import { contractOf } from './contracts.ts'
import type { Core } from './core.ts'
import { exact, exactText } from './exact.ts'
import { sessionsWithin } from './hours.ts'
import { isWorking, type LiveOrder } from './live-orders.ts'
import { partsOf, termsRefusal } from './order-terms.ts'
import { lacksExecutions, report, reportExecution, wholeOf } from './report-order.ts'

const TAGS = 'NetLiquidation,TotalCashValue,InitMarginReq,MaintMarginReq,AvailableFunds,$LEDGER'
/** Executions of the day before are told by a TWS that is set so; older ones by none. */
const OLDEST_MS = 7 * 86_400_000

function connected(core: Core): void {
  if (!core.connection.isReady()) throw new BrokerConnectionError(sentence('NOT_CONNECTED', { reason: core.connection.reason() }))
}

/** The order of a client id; null only where the broker lists it nowhere. */
export async function getOrder(core: Core, id: OrderId): Promise<BrokerOrder | null> {
  connected(core)
  const known = core.order(id)
  if (known?.refusal !== null && known?.refusal !== undefined && !known.heard) return report(core, known)
  if (!known?.heard || known.missing || lacksExecutions(core, known)) await core.refresh()
  const order = core.order(id)
  return order?.heard ? report(core, order) : null
}

export async function openOrdersOf(core: Core, account_id: string): Promise<BrokerOrder[]> {
  connected(core)
  core.knowAccount(account_id)
  const listed = await core.askOpenOrders()
  const wholes = new Set<LiveOrder>()
  for (const order of listed) if (order.account === account_id && isWorking(order)) wholes.add(wholeOf(core, order))
  return Promise.all([...wholes].map(order => report(core, order)))
}

export async function executionsSince(core: Core, account_id: string, since: Date): Promise<BrokerExecution[]> {
  connected(core)
  core.knowAccount(account_id)
  const recent = core.now().getTime() - since.getTime() < OLDEST_MS
  await core.askExecutions(account_id, recent ? since : null)
  const made = core.executions
    .all()
    .filter(each => each.account === account_id && (each.time >= floorSecond(since) || each.learned_at >= since))
  const told = since > core.now() ? [] : made
  return Promise.all(told.toSorted((one, other) => one.time.getTime() - other.time.getTime()).map(each => reportExecution(core, each)))
}

/** Executions are told to the second. */
const floorSecond = (moment: Date): Date => new Date(Math.floor(moment.getTime() / 1000) * 1000)

async function summaryOf(core: Core, account_id: string): Promise<(tag: string) => Decimal> {
  connected(core)
  core.knowAccount(account_id)
  const rows = await core.askSummary(TAGS)
  const own = rows.filter(({ account }) => account === account_id)
  return tag => {
    const row =
      own.find(each => each.tag === tag && (each.currency === 'BASE' || !tag.endsWith('PnL'))) ?? own.find(each => each.tag === tag)
    const value = exactText(row?.value)
    if (value) return value
    // An account without positions has no profit or loss to tell of.
    if (tag.endsWith('PnL')) return ZERO
    throw new BrokerError(sentence('NO_VALUE', { account_id, tag }))
  }
}

export async function balanceOf(core: Core, account_id: string): Promise<Balance> {
  const value = await summaryOf(core, account_id)
  return {
    account_id,
    equity: value('NetLiquidation'),
    cash: value('TotalCashValue'),
    margin_used: value('InitMarginReq'),
    margin_available: value('AvailableFunds'),
    unrealized_pnl: value('UnrealizedPnL'),
    realized_pnl: value('RealizedPnL'),
  }
}

export async function marginOf(core: Core, account_id: string): Promise<Margin> {
  const value = await summaryOf(core, account_id)
  return { account_id, initial: value('InitMarginReq'), maintenance: value('MaintMarginReq'), available: value('AvailableFunds') }
}

interface PositionTold {
  account: string
  contract: Contract
  position: number | undefined
  average_cost: number | undefined
}

/** Quantities as the broker pushes them, at its own marks: those are told apart, and less often. */
export async function positionsOf(core: Core, account_id: string): Promise<BrokerPosition[]> {
  connected(core)
  core.knowAccount(account_id)
  const { connection, questions, settings } = core
  const rows = await questions.ask<PositionTold>({
    key: 'positions',
    name: 'positions',
    within_ms: settings.request_ms,
    send: () => connection.send('question', api => api.reqPositions()),
  })
  void connection.send('question', api => api.cancelPositions())
  const held = rows.filter(({ account, position }) => account === account_id && position !== 0)
  const marks = held.length > 0 ? await core.askPortfolio(account_id) : []
  return Promise.all(
    held.map(async ({ contract, position, average_cost }) => {
      const { instrument_id, symbol, multiplier } = await core.contracts.find(contract)
      const mark = marks.find(each => each.contract.conId === contract.conId)
      const quantity = exact(position) ?? ZERO
      // Cost is told for a contract, not for what it is on.
      const avg_price = (exact(average_cost) ?? ZERO).div(contract.secType === 'FUT' || contract.secType === 'OPT' ? multiplier : 1)
      return {
        account_id,
        instrument_id,
        symbol,
        side: quantity.isNegative() ? ('SHORT' as const) : ('LONG' as const),
        quantity,
        avg_price,
        current_price: exact(mark?.price) ?? avg_price,
        unrealized_pnl: exact(mark?.unrealized) ?? ZERO,
      }
    }),
  )
}

export async function whatIf(core: Core, request: PlaceRequest): Promise<WhatIf> {
  connected(core)
  const [part] = partsOf(request)
  const wrong = termsRefusal(request, core.now())
  if (wrong || !part) throw new BrokerError(wrong ?? 'INVALID_ORDER')
  const order_id = core.nextOrderId()
  const answer = core.whatIfs.ask(order_id, core.settings.request_ms)
  const contract = contractOf(request.instrument)
  const sent = await core.connection.send('order', api => {
    api.placeOrder(order_id, contract, { ...part, transmit: true, whatIf: true })
  })
  if (!sent) {
    core.whatIfs.refused(order_id, 'NOT_CONNECTED')
    await answer.catch(() => undefined)
    connected(core)
    throw new BrokerConnectionError('NOT_CONNECTED')
  }
  const state = await answer
  const margin_after = exact(state.initMarginAfter)
  if (!margin_after) throw new BrokerError(sentence('NO_VALUE', { tag: 'initMarginAfter' }))
  const change = exact(state.initMarginChange)
  return {
    margin_before: exact(state.initMarginBefore) ?? (change ? margin_after.minus(change) : ZERO),
    margin_after,
    commission: exact(state.commission) ?? exact(state.maxCommission),
  }
}

export async function calendar(core: Core, instrument: InstrumentDocument, from: Date, to: Date): Promise<Session[]> {
  connected(core)
  const { connection, questions, settings } = core
  const req_id = questions.nextRequest()
  const [details] = await questions.ask<ContractDetails>({
    key: req_id,
    name: 'contract details',
    within_ms: settings.request_ms,
    send: () => connection.send('question', api => api.reqContractDetails(req_id, contractOf(instrument))),
  })
  if (!details) throw new BrokerError(sentence('NO_CONTRACT', { instrument_id: instrument.instrument_id }))
  core.contracts.remember(details.contract.conId, instrument)
  return sessionsWithin(details, from, to)
}
