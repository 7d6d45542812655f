import type { Brokers } from '../../shared/brokers/pool.ts'
import type { Store } from '../../shared/store/collection.ts'

/** What looks after orders. */
export interface Supervision {
  store: Store
  brokers: Brokers
}
