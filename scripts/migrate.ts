import { parseArgs } from 'node:util'
import { applyCollections } from '../shared/store/migrate.ts'
import { closeStores, openStore } from '../shared/store/open.ts'
import { declareCollections } from './declare-collections.ts'
import { readEndpoints } from './local/endpoints.ts'

// Brings the database's collections, validators and indexes to what the code says: that of MONGODB_URI, else the one that runs here.

const { values } = parseArgs({ options: { data: { type: 'string', default: '.local' } } })

const target = () => {
  const { MONGODB_URI, MONGODB_DATABASE = 'mathematricks_trading', FUND_ID = 'mathematricks_fund' } = process.env
  if (MONGODB_URI) return { MONGODB_URI, MONGODB_DATABASE, FUND_ID }
  const { mongodb_uri, database } = readEndpoints(values.data)
  return { MONGODB_URI: mongodb_uri, MONGODB_DATABASE: database, FUND_ID }
}

try {
  await declareCollections()
  const done = await applyCollections(openStore(target()))
  console.log(`${done.length} collections are as the code says: ${done.sort().join(', ')}`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await closeStores()
}
