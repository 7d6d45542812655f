import { MongoClient } from 'mongodb'
import type { Store } from './collection.ts'

export interface StoreConfig {
  MONGODB_URI: string
  MONGODB_DATABASE: string
  FUND_ID: string
}

const clients = new Map<string, MongoClient>()
const stores = new Map<string, Store>()

/** The database, over one connection pool a process however many functions run in it. */
export function openStore({ MONGODB_URI, MONGODB_DATABASE, FUND_ID }: StoreConfig): Store {
  const key = [MONGODB_URI, MONGODB_DATABASE, FUND_ID].join('\n')
  const open = stores.get(key)
  if (open) return open
  let client = clients.get(MONGODB_URI)
  if (!client) {
    client = new MongoClient(MONGODB_URI, {
      maxPoolSize: 30,
      serverSelectionTimeoutMS: 15_000,
      ignoreUndefined: true,
      appName: 'mathematricks-trader',
    })
    clients.set(MONGODB_URI, client)
  }
  const store = { db: client.db(MONGODB_DATABASE), fund_id: FUND_ID }
  stores.set(key, store)
  return store
}

/** Ends all connections, for commands and tests that must let the process go. */
export async function closeStores(): Promise<void> {
  await Promise.all([...clients.values()].map(client => client.close()))
  clients.clear()
  stores.clear()
}
