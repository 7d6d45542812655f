import type { Brokers } from '../../shared/brokers/pool.ts'
import type { Store } from '../../shared/store/collection.ts'

/** What reads accounts at their brokers. */
export interface Sync {
  store: Store
  brokers: Brokers
}
