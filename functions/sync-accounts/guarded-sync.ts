import { setTimeout as delay } from 'node:timers/promises'
import type { Broker, BrokerStatus } from '../../shared/brokers/broker.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText } from '../../shared/runtime/log.ts'
import type { AccountHierarchy, PlacedAccount } from '../../shared/store/account-hierarchy.ts'
import { accountSyncs, recordFailure, recordReading } from '../../shared/store/account-syncs.ts'
import { accountStates } from '../../shared/store/accounts.ts'
import { recordBrokerStatus } from '../../shared/store/broker-status.ts'
import type { Sync } from './sync.ts'
import { syncAccount } from './sync-account.ts'

/** When an account was read, or why it could not be. */
export type Attempt = { account_id: string } & ({ read_at: Date; fault: null } | { read_at: null; fault: string })

/** Reads one account within its deadline and tells of it; where that fails, keeps what is known and marks it stale. */
export async function guardedSync(sync: Sync, fund: AccountHierarchy, placed: PlacedAccount): Promise<Attempt> {
  const { store, flush, deadline_ms } = sync
  const { account_id } = placed.account
  const { broker_id } = placed.broker
  const asked_at = now()
  try {
    const messages = await within(deadline_ms, syncAccount(sync, fund, placed))
    await Promise.all([
      recordReading(store, { account_id, broker_id, broker_status: 'CONNECTED', asked_at }),
      recordBrokerStatus(store, { broker_id, status: 'CONNECTED', reason: null, as_of: asked_at }),
    ])
    await flush({ holder: accountStates, messages })
    return { account_id, read_at: messages[0]?.at ?? asked_at, fault: null }
  } catch (error) {
    const fault = errorText(error)
    const broker_status = await statusOf(sync, broker_id)
    await recordBrokerStatus(store, {
      broker_id,
      status: broker_status,
      reason: broker_status === 'CONNECTED' ? null : fault,
      as_of: asked_at,
    })
    const messages = await recordFailure(store, { account_id, broker_id, broker_status, asked_at }, fault)
    await flush({ holder: accountSyncs, messages })
    return { account_id, read_at: null, fault }
  }
}

const STATUS_WITHIN_MS = 1_000

/** How a broker says that it stands; one that says nothing is not connected. */
const statusOf = ({ brokers }: Sync, broker_id: string): Promise<BrokerStatus> =>
  within(
    STATUS_WITHIN_MS,
    brokers(broker_id).then((broker: Broker) => broker.status()),
  ).catch(() => 'DISCONNECTED')

/** The outcome of work, or a failure when it takes longer; the work itself goes on, and its end is of no more interest. */
function within<T>(limit_ms: number, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const deadline = delay(limit_ms, undefined, { signal: late.signal }).then((): never => {
    throw new Error(`no answer within ${limit_ms} ms`)
  })
  work.catch(() => undefined)
  deadline.catch(() => undefined)
  return Promise.race([work, deadline]).finally(() => late.abort())
}
