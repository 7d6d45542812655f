import { parseArgs } from 'node:util'
import { auditWriters, firstBreak } from '../shared/store/audit-log.ts'
import { closeStores } from '../shared/store/open.ts'
import { openDeployment } from './deployment.ts'

// Recomputes the hash chain of every writer of the audit log: npm run verify-audit. Exit 1 where a line was changed or removed.

const { values } = parseArgs({ options: { data: { type: 'string', default: '.local' } } })

try {
  const store = openDeployment(values.data, process.env).store
  for (const writer of await auditWriters(store)) {
    const broken = await firstBreak(store, writer)
    if (broken === null) console.log(`whole    ${writer}`)
    else {
      console.log(`BROKEN   ${writer}: line ${broken} does not follow from the one before it`)
      process.exitCode = 1
    }
  }
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
} finally {
  await closeStores()
}
