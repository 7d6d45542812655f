import type { BrokerStatus, StreamReport } from '../broker.ts'
import type { LiveExecution } from './live-executions.ts'
import type { LiveOrder } from './live-orders.ts'
import { type Reporting, report, reportExecution, wholeOf } from './report-order.ts'

interface Follower {
  accounts: ReadonlySet<string>
  tell(report: StreamReport): void
}

/** Tells followers what changes, in the order in which it did; an order that changes often is told as it is then. */
export function openStreams(reporting: Reporting, isReady: () => boolean) {
  const followers = new Set<Follower>()
  const dirty = new Set<LiveOrder | LiveExecution>()
  let _telling: Promise<void> | null = null

  function tellAll(account: string | null, told: StreamReport): void {
    for (const { accounts, tell } of followers) {
      if (account !== null && !accounts.has(account)) continue
      try {
        tell(told)
      } catch {
        // A follower that breaks must not stop the others; what it missed it finds by asking.
      }
    }
  }

  async function drain(): Promise<void> {
    await Promise.resolve()
    while (dirty.size > 0) {
      const [first] = dirty
      if (!first) return
      dirty.delete(first)
      if ('exec_id' in first) tellAll(first.account, { kind: 'execution', execution: await reportExecution(reporting, first) })
      else if (first.heard) tellAll(first.account, { kind: 'order', order: await report(reporting, first) })
    }
  }

  function soon(what: LiveOrder | LiveExecution): void {
    if (followers.size === 0) return
    dirty.add(what)
    _telling ??= drain()
      .catch(() => undefined)
      .finally(() => {
        _telling = null
      })
  }

  return {
    order: (order: LiveOrder): void => soon(wholeOf(reporting, order)),
    execution: (made: LiveExecution): void => soon(made),
    status: (status: BrokerStatus): void => tellAll(null, { kind: 'status', status }),
    follow: (accounts: readonly string[], tell: Follower['tell']): (() => Promise<void>) => {
      const follower = { accounts: new Set(accounts), tell }
      followers.add(follower)
      if (isReady()) tell({ kind: 'status', status: 'CONNECTED' })
      return async () => {
        followers.delete(follower)
      }
    },
  }
}
export type Streams = ReturnType<typeof openStreams>
