import type { Brokers } from '../../shared/brokers/pool.ts'
import type { Store } from '../../shared/store/collection.ts'

/** What carries orders out. */
export interface Execution {
  store: Store
  brokers: Brokers
  allowLive: boolean
}
