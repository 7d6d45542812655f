import { userInfo } from 'node:os'
import { createInterface } from 'node:readline/promises'
import { openBooks } from '../shared/brokers/paper/open-books.ts'
import { type AccountHierarchy, accountHierarchy, accountsOf, putHierarchy, readHierarchyNow } from '../shared/store/account-hierarchy.ts'
import { appendAudit } from '../shared/store/audit-log.ts'
import type { Store } from '../shared/store/collection.ts'
import { closeStores, openStore } from '../shared/store/open.ts'
import { differences, goneAccounts } from './account-hierarchy/differences.ts'
import { readHierarchyFile } from './account-hierarchy/read-file.ts'
import { readCommandLine } from './command-line.ts'
import { readEndpoints } from './local/endpoints.ts'

const usage = `npm run create-account-hierarchy -- FILE.yaml [options]
  --yes        write without asking
  --data DIR   the running system's data directory (.local); MONGODB_URI names another database`

const options = { yes: { type: 'boolean', default: false }, data: { type: 'string', default: '.local' } } as const

const FUND_ID = process.env.FUND_ID ?? 'mathematricks_fund'

function target(data: string): Store {
  const { MONGODB_URI, MONGODB_DATABASE = 'mathematricks_trading' } = process.env
  if (MONGODB_URI) return openStore({ MONGODB_URI, MONGODB_DATABASE, FUND_ID })
  const { mongodb_uri, database } = readEndpoints(data)
  return openStore({ MONGODB_URI: mongodb_uri, MONGODB_DATABASE: database, FUND_ID })
}

/** Asks on the terminal; without one nothing is agreed to. */
async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error('Nothing was written: there is nobody to ask. Run it with --yes to write.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Write this? (yes/no) ')
  terminal.close()
  return answer.trim().toLowerCase() === 'yes'
}

async function write(store: Store, before: AccountHierarchy | null, after: AccountHierarchy): Promise<void> {
  await putHierarchy(store, after)
  for (const broker of after.brokers) if (broker.adapter === 'paper') await openBooks(store, broker)
  const what = `${accountHierarchy.name}: ${before ? 'replace' : 'create'}`
  const who = userInfo().username
  await appendAudit(store, { writer: 'people', at: new Date(), who, from: null, what, before, after, reason: 'create-account-hierarchy' })
}

async function run(): Promise<void> {
  const { values, positionals } = readCommandLine(usage, { options, allowPositionals: true })
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new Error(usage)
  const after = readHierarchyFile(file, FUND_ID)
  const store = target(values.data)
  const before = await readHierarchyNow(store)
  const gone = goneAccounts(before, after)
  if (gone.length > 0) throw new Error(`${gone.join(', ')} would be gone, with their history. Keep them, with status CLOSED.`)
  const changes = differences(before, after)
  if (changes.length === 0) return console.log(`Nothing to change: ${accountsOf(after).length} accounts are as ${file} says.`)
  console.log(changes.join('\n'))
  if (!values.yes && !(await agreed())) return console.log('Nothing was written.')
  await write(store, before, after)
  console.log(`Written: ${after.brokers.length} brokers with ${accountsOf(after).length} accounts.`)
}

try {
  await run()
} catch (error) {
  const { message } = error as Error
  console.error(message)
  process.exitCode = message === usage ? 2 : 1
} finally {
  await closeStores()
}
