import { baseEnvironment, readEnvironment } from '../shared/runtime/configuration.ts'
import { closeStores, openStore } from '../shared/store/open.ts'
import { acknowledgeExit } from '../shared/store/trading-orders.ts'
import { readCommandLine } from './command-line.ts'
import { readEndpoints } from './local/endpoints.ts'

const usage = `npm run acknowledge-exit -- ORDER_ID [--data DIR]
  says that a person knows of an exit that does not fill: it is still worked, but nobody is paged for it any more`

const { values, positionals } = readCommandLine(usage, { options: { data: { type: 'string', default: '.local' } }, allowPositionals: true })
const [order_id] = positionals
try {
  if (order_id === undefined) throw new Error(usage)
  const here = process.env.MONGODB_URI === undefined ? readEndpoints(values.data) : null
  const environment = here ? { ...process.env, MONGODB_URI: here.mongodb_uri ?? '', MONGODB_DATABASE: here.database } : process.env
  const known = await acknowledgeExit(openStore(readEnvironment(baseEnvironment, environment)), order_id, new Date())
  console.log(known ? `${order_id} is acknowledged.` : `There is no exit ${order_id}.`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
await closeStores()
