import { appendAudit } from '../store/audit-log.ts'
import type { Store } from '../store/collection.ts'
import { type Caller, whoIs } from './access.ts'

export interface PersonsAct {
  caller: Caller
  address: string
  now: Date
  /** The thing and what was done with it, such as `account_hierarchy: replace`. */
  what: string
  before?: unknown
  after?: unknown
  reason: string
}

/** Writes what a person changed to the audit log (AUD-1), in the chain of people's acts. */
export const auditPerson = (store: Store, { caller, address, now, what, before = null, after = null, reason }: PersonsAct): Promise<void> =>
  appendAudit(store, { writer: 'people', at: now, who: whoIs(caller), from: address, what, before, after, reason })
