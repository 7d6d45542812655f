import type { Store } from '../shared/store/collection.ts'
import { openStore } from '../shared/store/open.ts'
import { readEndpoints } from './local/endpoints.ts'

/** The database that a command works on: that of MONGODB_URI, else the one that runs on a data directory. */
export function openDatabase(dataDir: string): Store {
  const { MONGODB_URI, MONGODB_DATABASE = 'mathematricks_trading', FUND_ID = 'mathematricks_fund' } = process.env
  if (MONGODB_URI) return openStore({ MONGODB_URI, MONGODB_DATABASE, FUND_ID })
  const { mongodb_uri, database } = readEndpoints(dataDir)
  return openStore({ MONGODB_URI: mongodb_uri, MONGODB_DATABASE: database, FUND_ID })
}
