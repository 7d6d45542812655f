import { setTimeout as wait } from 'node:timers/promises'
import type { Broker, StreamReport } from '../../shared/brokers/broker.ts'
import type { Background } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText, type Log, logOf } from '../../shared/runtime/log.ts'
import { accountsOf, type BrokerPlan, type PlacedAccount, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { brokerAccountOf, shutUntilReconciled } from '../../shared/store/broker-accounts.ts'
import { recordBrokerStatus, recordStream } from '../../shared/store/broker-status.ts'
import { openMemory } from '../supervise-orders/memory.ts'
import type { Look, Supervision } from '../supervise-orders/supervision.ts'
import { holdStream } from './hold-stream.ts'
import { reportTaker } from './take-reports.ts'

const LOOK_FOR_BROKERS_EVERY_MS = 5_000
/** Once a stream stands again, executions are asked for as far back as this before the last that is known. */
const OVERLAP_MS = 20 * 60_000

export interface Following extends Supervision, Pick<Look, 'flush'> {
  /** Shorter in tests. */
  silentMs?: number
  againAfterMs?: readonly number[]
}

/** Follows the stream of every broker in the hierarchy that has one, beside the asking of `supervise-orders`, for as long as the process lives. */
export const followStreams =
  (following: Following): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    const followed = new Map<string, { key: string; end: () => Promise<void> }>()
    try {
      while (!ending.aborted) {
        const plans = (await readHierarchy(following.store))?.brokers ?? []
        const wanted = new Map(plans.map(plan => [plan.broker_id, plan]))
        for (const [broker_id, { key, end }] of followed) {
          const plan = wanted.get(broker_id)
          if (plan && key === JSON.stringify(plan)) continue
          await end()
          followed.delete(broker_id)
        }
        for (const plan of plans)
          if (!followed.has(plan.broker_id)) followed.set(plan.broker_id, { key: JSON.stringify(plan), end: follow(following, plan, log) })
        await wait(LOOK_FOR_BROKERS_EVERY_MS, undefined, { signal: ending }).catch(() => undefined)
      }
    } finally {
      await Promise.all([...followed.values()].map(({ end }) => end()))
    }
  }

/** Starts to follow one broker; gives what ends it. */
function follow(following: Following, plan: BrokerPlan, log: Log): () => Promise<void> {
  const ending = new AbortController()
  const running = followBroker(following, plan, { log, ending: ending.signal }).catch((error: unknown) =>
    log.error('broker not followed', { broker_id: plan.broker_id, error: errorText(error) }),
  )
  return async () => {
    ending.abort()
    await running
  }
}

async function followBroker(following: Following, plan: BrokerPlan, { log, ending }: { log: Log; ending: AbortSignal }): Promise<void> {
  const { broker_id } = plan
  const broker = await opened(following, broker_id, ending)
  if (!broker?.stream) return
  const looks = accountsOf({ _id: '', fund_name: '', base_currency: '', brokers: [plan] })
    .filter(({ account }) => account.status !== 'CLOSED')
    .map(placed => lookOf(following, placed, log))
  if (looks.length === 0) return
  const accounts = looks.map(({ account }) => account.account_id)
  const takers = new Map(looks.map(look => [look.account.account_id, reportTaker(look)]))
  const tell = standing({ following, plan, accounts, log })
  await holdStream(
    {
      ...following,
      accounts,
      // Another one after its secrets were rotated.
      broker: () => following.brokers(broker_id),
      take: report => (report.kind === 'status' ? tell.status(report) : takers.get(accountOf(report))?.(report)),
      opened: async live => {
        await Promise.all(looks.map(look => catchUp(live, look, takers.get(look.account.account_id))))
        await tell.open()
      },
      lost: tell.lost,
    },
    ending,
  )
}

/** A broker whose secrets are not there yet, or whose plan is wrong, is tried again. */
async function opened({ brokers }: Following, broker_id: string, ending: AbortSignal): Promise<Broker | null> {
  while (!ending.aborted) {
    const broker = await brokers(broker_id).catch(() => null)
    if (broker) return broker
    await wait(LOOK_FOR_BROKERS_EVERY_MS, undefined, { signal: ending }).catch(() => undefined)
  }
  return null
}

const lookOf = ({ store, brokers, flush }: Following, placed: PlacedAccount, log: Log): Look => ({
  ...placed,
  store,
  brokers,
  flush,
  log,
  memory: openMemory(),
  told: new Set(),
})

const accountOf = (report: Exclude<StreamReport, { kind: 'status' }>): string => {
  if (report.kind === 'order') return report.order.account_id
  return report.kind === 'execution' ? report.execution.account_id : report.event.account_id
}

/** Asks for all that may have happened while no stream stood, and books it in turn with what the stream tells. */
async function catchUp(broker: Broker, { store, account: { account_id } }: Look, take?: (report: StreamReport) => void): Promise<void> {
  const known = await brokerAccountOf(store, account_id)
  const since = new Date((known?.executions_since ?? now()).getTime() - OVERLAP_MS)
  const [orders, executions] = await Promise.all([broker.openOrders(account_id), broker.executions(account_id, since)])
  for (const order of orders) take?.({ kind: 'order', order })
  for (const execution of executions) take?.({ kind: 'execution', execution })
}

interface Standing {
  following: Following
  plan: BrokerPlan
  accounts: readonly string[]
  log: Log
}

/** Lets everybody see how a broker's stream stands; entries stay shut after a loss until all was read again. */
function standing({ following: { store, brokers }, plan: { broker_id }, accounts, log }: Standing) {
  let open = false
  const guarded = (work: Promise<void>) =>
    work.catch((error: unknown) => log.warning('stream standing not stored', { broker_id, error: errorText(error) }))
  const stored = (status: 'OPEN' | 'LOST', reason: string | null) =>
    guarded(recordStream(store, broker_id, { status, since: now(), reason }))
  return {
    open: async () => {
      open = true
      log.info('broker stream open', { broker_id })
      await stored('OPEN', null)
    },
    status: ({ status }: Extract<StreamReport, { kind: 'status' }>): void => {
      if (status === 'CONNECTED') return
      void guarded(recordBrokerStatus(store, { broker_id, status, reason: 'its stream says so', as_of: now() }))
    },
    lost: async (reason: string) => {
      log.warning('broker stream lost', { broker_id, reason, was_open: open })
      await stored('LOST', reason)
      if (!open) return
      open = false
      await guarded(shutUntilReconciled(store, accounts, now()))
      const status = await brokers(broker_id).then(
        broker => broker.status(),
        () => 'DISCONNECTED' as const,
      )
      await guarded(recordBrokerStatus(store, { broker_id, status, reason: `stream lost: ${reason}`, as_of: now() }))
    },
  }
}
