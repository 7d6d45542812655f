import type { ClientSession } from 'mongodb'
import type { Store } from './collection.ts'

/** Given as its options to every read and write of a transaction. */
export interface Transaction {
  session?: ClientSession
}

/**
 * Writes several documents as one: all of it is seen, or none. Never on the path of a signal, where one document is one transaction.
 * @param work is run again where another transaction was in its way
 */
export const inTransaction = <T>(store: Store, work: (within: Transaction) => Promise<T>): Promise<T> =>
  store.db.client.withSession(session => session.withTransaction(() => work({ session })))
