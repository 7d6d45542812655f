import { applyCollections } from '../shared/store/migrate.ts'
import { closeStores } from '../shared/store/open.ts'
import { openShadowBook } from '../shared/store/shadow-book.ts'
import { readCommandLine } from './command-line.ts'
import { declareCollections } from './declare-collections.ts'
import { openDeployment } from './deployment.ts'

const usage = `npm run migrate -- [--data DIR]
  brings the database's collections, validators and indexes to what the code says: that of MONGODB_URI, else the one that runs here (.local)`

const { values } = readCommandLine(usage, { options: { data: { type: 'string', default: '.local' } } })

try {
  await declareCollections()
  const { store } = openDeployment(values.data, process.env)
  const done = await applyCollections(store)
  console.log(`${done.length} collections are as the code says: ${done.sort().join(', ')}`)
  // A second version of Cerebro trades on paper, in accounts of its own.
  const version = process.env.CEREBRO_SHADOW
  if (version) console.log(`${await openShadowBook(store, version)} accounts are open for ${version} in shadow`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
} finally {
  await closeStores()
}
