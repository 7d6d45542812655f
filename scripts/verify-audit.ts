import { auditWriters, firstBreak } from '../shared/store/audit-log.ts'
import { closeStores } from '../shared/store/open.ts'
import { readCommandLine } from './command-line.ts'
import { openDeployment } from './deployment.ts'

const usage = `npm run verify-audit -- [--data DIR]
  recomputes the hash chain of every writer of the audit log; exit 1 where a line was changed or removed`

const options = { data: { type: 'string', default: '.local' } } as const

async function verify(data: string): Promise<void> {
  const { store } = openDeployment(data, process.env)
  for (const writer of await auditWriters(store)) {
    const broken = await firstBreak(store, writer)
    if (broken === null) console.log(`whole    ${writer}`)
    else {
      console.log(`BROKEN   ${writer}: line ${broken} does not follow from the one before it`)
      process.exitCode = 1
    }
  }
}

try {
  const { values } = readCommandLine(usage, { options })
  await verify(values.data)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
} finally {
  await closeStores()
}
