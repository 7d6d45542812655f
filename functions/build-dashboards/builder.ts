import type { Store } from '../../shared/store/collection.ts'

/** What every dashboard is built from. */
export interface Builder {
  store: Store
  time_zone: string
}
