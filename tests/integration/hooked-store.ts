import { type ClientBulkWriteResult, type MongoClient, MongoNetworkError } from 'mongodb'
import type { Store } from '../../shared/store/collection.ts'

/** Does what was asked of the database; of writes that go together only a part, where one is named as in `slice`. */
export type Call = (from?: number, to?: number) => Promise<unknown>
type Hook = (name: string, call: Call) => Promise<unknown>

/** The database with a hook around every call that answers with a promise, and a look at every `find`. */
export const hooked = (store: Store, hook: Hook): Store => {
  const collection = (name: string) =>
    overriding(store.db.collection(name), (method, call) => {
      const read = `${name}.${method}`
      if (method === 'aggregate')
        return overriding(call() as object, (part, ask) => (part === 'toArray' ? hook(read, async () => ask()) : ask()))
      if (method !== 'find') return hook(read, async () => call())
      void hook(read, async () => undefined)
      return call()
    })
  const client = new Proxy(store.db.client, {
    get: (target, key) => {
      if (key !== 'bulkWrite') return Reflect.get(target, key, target)
      const bulkWrite: MongoClient['bulkWrite'] = (writes, options) =>
        hook('client.bulkWrite', (from, to) => target.bulkWrite(writes.slice(from, to), options)) as Promise<ClientBulkWriteResult>
      return bulkWrite
    },
  })
  const replaced: Record<PropertyKey, unknown> = { collection, client }
  const db = new Proxy(store.db, { get: (target, key) => replaced[key] ?? Reflect.get(target, key, target) })
  return { ...store, db }
}

interface Moment {
  /** Such as `paper_orders.insertOne`. */
  call: string
  /** From 1. */
  n: number
  instead: (call: Call) => Promise<unknown>
}

/** The database with something else happening at the n-th call of a name. */
export function hookedAt(store: Store, { call, n, instead }: Moment): Store {
  let calls = 0
  return hooked(store, (name, work) => {
    if (name === call) calls += 1
    return name === call && calls === n ? instead(work) : work()
  })
}

/** A connection that is lost. */
export const lost = (): never => {
  throw new MongoNetworkError('connection reset')
}

const overriding = <T extends object>(target: T, around: (method: string, call: () => unknown) => unknown): T =>
  new Proxy(target, {
    get: (of, key) => {
      const value: unknown = Reflect.get(of, key, of)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => around(String(key), () => Reflect.apply(value, of, args))
    },
  })
