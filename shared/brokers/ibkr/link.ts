import type { CommissionReport, Contract, ContractDetails, Execution, Order, OrderState } from '@stoqey/ib'
import { IBApi } from '@stoqey/ib/dist/api/api.js'
import { EventName } from '@stoqey/ib/dist/api/data/enum/event-name.js'

// One connection to the gateway, over the library's raw API. A new one is made for every attempt: the library's own would carry its queue,
// its limiter and its half-dead socket over into the next connection.

export interface StatusTold {
  order_id: number
  status: string
  filled: number | undefined
  avg_price: number | undefined
  perm_id: number
  client_id: number
  why_held: string
}

export interface PortfolioTold {
  account: string
  contract: Contract
  position: number | undefined
  price: number | undefined
  average_cost: number | undefined
  unrealized: number | undefined
}

/** What the gateway says, as it says it. */
export interface Heard {
  /** Bytes came, of whatever kind. */
  anything(): void
  nextValidId(order_id: number): void
  accounts(names: string[]): void
  openOrder(order_id: number, contract: Contract, order: Order, state: OrderState): void
  orderStatus(told: StatusTold): void
  openOrdersEnd(): void
  completedOrder(contract: Contract, order: Order, state: OrderState): void
  completedOrdersEnd(): void
  execution(req_id: number, contract: Contract, execution: Execution): void
  executionsEnd(req_id: number): void
  commission(report: CommissionReport): void
  position(account: string, contract: Contract, position: number | undefined, average_cost: number | undefined): void
  positionsEnd(): void
  summary(req_id: number, told: { account: string; tag: string; value: string; currency: string }): void
  summaryEnd(req_id: number): void
  portfolio(told: PortfolioTold): void
  portfolioEnd(account: string): void
  tick(req_id: number, type: number, price: number | undefined): void
  contractDetails(req_id: number, details: ContractDetails): void
  contractDetailsEnd(req_id: number): void
  /** A day of an instrument's past, `yyyymmdd`. */
  bar(req_id: number, day: string, close: number): void
  barsEnd(req_id: number): void
  currentTime(): void
  /** Of an order or a request, or -1. */
  error(id: number, code: number, message: string): void
  /** Something here or in the library broke on a message; the connection goes on. */
  fault(error: unknown): void
  closed(): void
}

export interface Link {
  readonly api: IBApi
  close(): void
}

interface Inside {
  controller: { serverVersion: number; onMessage(tokens: string[]): void; processIngressQueue(): void; decoder: { drainQueue(): void } }
}

const COMPLETED_ORDER = '101'
/** The advisor's profile: servers before this version send it, and the library leaves it standing for completed orders. */
const PROFILE = { gone_since: 177, at: 31 }

/**
 * The library lets whatever throws while it reads a message (a malformed advanced rejection does) end the process, and leaves half of that
 * message for the next one. Here the rest of it is dropped and reading goes on. Completed orders of older servers are made readable to it.
 */
function mendReading(api: IBApi, fault: (error: unknown) => void): void {
  const { controller } = api as unknown as Inside
  const read = controller.processIngressQueue.bind(controller)
  const take = controller.onMessage.bind(controller)
  controller.onMessage = tokens => {
    const odd = tokens[0] === COMPLETED_ORDER && controller.serverVersion < PROFILE.gone_since
    take(odd ? tokens.toSpliced(PROFILE.at, 1) : tokens)
  }
  controller.processIngressQueue = () => {
    for (;;) {
      try {
        return read()
      } catch (error) {
        controller.decoder.drainQueue()
        fault(error)
      }
    }
  }
}

const ERROR_MESSAGE = '4'

/** Opens a socket to the gateway; what becomes of it is told. */
export function openLink({ host, port, client_id }: { host: string; port: number; client_id: number }, heard: Heard): Link {
  // The library's own limiter is set out of the way: see pacing.ts.
  const api = new IBApi({ host, port, clientId: client_id, maxReqPerSec: 100_000 })
  let open = true
  const fault = (error: unknown) => {
    if (open) heard.fault(error)
  }
  mendReading(api, fault)
  /** A listener that throws would end the process. */
  const guarded =
    <A extends unknown[]>(listener: (...given: A) => void) =>
    (...given: A): void => {
      if (!open) return
      try {
        listener(...given)
      } catch (error) {
        fault(error)
      }
    }
  const end = guarded(() => {
    open = false
    heard.closed()
  })

  let reading = ''
  api.on(
    EventName.received,
    guarded((tokens: string[]) => {
      reading = tokens[0] ?? ''
      heard.anything()
      // Read here, where nothing in it can break: what it refuses must not be lost.
      if (reading === ERROR_MESSAGE && tokens.length >= 5) heard.error(Number(tokens[2]), Number(tokens[3]), tokens[4] ?? '')
    }),
  )
  api.on(
    EventName.error,
    guarded((error: Error, code: number, id: number) => {
      if (reading !== ERROR_MESSAGE) heard.error(id, code, error.message)
    }),
  )
  api.on(
    EventName.sent,
    guarded(() => {
      reading = ''
    }),
  )
  api.on(EventName.disconnected, end)
  api.on(EventName.nextValidId, guarded(heard.nextValidId))
  api.on(
    EventName.managedAccounts,
    guarded((list: string) => heard.accounts(list.split(',').filter(name => name !== ''))),
  )
  api.on(EventName.openOrder, guarded(heard.openOrder))
  api.on(
    EventName.orderStatus,
    guarded((order_id, status, filled, _remaining, avg_price, perm_id, _parent, _last, client_id_told, why_held) =>
      heard.orderStatus({
        order_id,
        status: String(status),
        filled,
        avg_price,
        perm_id: perm_id ?? 0,
        client_id: client_id_told ?? client_id,
        why_held: why_held ?? '',
      }),
    ),
  )
  api.on(EventName.openOrderEnd, guarded(heard.openOrdersEnd))
  api.on(EventName.completedOrder, guarded(heard.completedOrder))
  api.on(EventName.completedOrdersEnd, guarded(heard.completedOrdersEnd))
  api.on(EventName.execDetails, guarded(heard.execution))
  api.on(EventName.execDetailsEnd, guarded(heard.executionsEnd))
  api.on(EventName.commissionReport, guarded(heard.commission))
  api.on(EventName.position, guarded(heard.position))
  api.on(EventName.positionEnd, guarded(heard.positionsEnd))
  api.on(
    EventName.accountSummary,
    guarded((req_id, account, tag, value, currency) => heard.summary(req_id, { account, tag, value, currency })),
  )
  api.on(EventName.accountSummaryEnd, guarded(heard.summaryEnd))
  api.on(
    EventName.updatePortfolio,
    guarded((contract, position, price, _value, average_cost, unrealized, _realized, account) =>
      heard.portfolio({ account: account ?? '', contract, position, price, average_cost, unrealized }),
    ),
  )
  api.on(EventName.accountDownloadEnd, guarded(heard.portfolioEnd))
  api.on(EventName.tickPrice, guarded(heard.tick))
  api.on(EventName.contractDetails, guarded(heard.contractDetails))
  api.on(EventName.contractDetailsEnd, guarded(heard.contractDetailsEnd))
  api.on(
    EventName.historicalData,
    guarded((req_id: number, day: string, _open: number, _high: number, _low: number, close: number) =>
      day.startsWith('finished') ? heard.barsEnd(req_id) : heard.bar(req_id, day, close),
    ),
  )
  api.on(EventName.currentTime, guarded(heard.currentTime))

  api.connect(client_id)
  return {
    api,
    close: () => {
      open = false
      api.disconnect()
    },
  }
}
