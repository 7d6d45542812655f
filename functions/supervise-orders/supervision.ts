import type { Brokers } from '../../shared/brokers/pool.ts'
import type { Log } from '../../shared/runtime/log.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import type { PlacedAccount } from '../../shared/store/account-hierarchy.ts'
import type { BrokerAccount } from '../../shared/store/broker-accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import type { Memory } from './memory.ts'

/** What looks after orders. */
export interface Supervision {
  store: Store
  brokers: Brokers
}

/** Orders active within this time are left to those who work on them (rule 19). */
export const QUIET_MS = 5_000

/** One look at one account. */
export interface Look extends Supervision, PlacedAccount {
  /** Sends what was written, which must not wait for the end of a run. */
  flush: Flush
  log: Log
  memory: Memory
  /** How its broker is shown to stand; by what the last look stored where that is not known. */
  shown?: BrokerAccount['status']
  /** Ordering keys under which something must be sent. */
  told: Set<string>
}
