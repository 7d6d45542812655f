import type { Brokers } from '../../shared/brokers/pool.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import type { BrokerPlan } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'

/** What reads accounts at their brokers. */
export interface Sync {
  store: Store
  brokers: Brokers
  /** The fund's: its days begin at midnight there. */
  time_zone: string
  /** Tells of an account as soon as it was read, whatever others still do. */
  flush: Flush
  /** Whose accounts it reads, where that is not everybody's but what the gateway container holds. */
  serves?(plan: Pick<BrokerPlan, 'adapter'>): boolean
  /** An account's broker may take this long; then the others go on without it. */
  deadline_ms: number
  /** Pauses before those that could not be read are asked for again; shorter in tests. */
  again_after_ms?: readonly number[]
}
