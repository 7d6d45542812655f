import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { warming } from './process-plan.ts'

/** At the first start after an installation: compiles everything once before the processes are started. Its failure only costs memory. */
export async function warmUp(environment: NodeJS.ProcessEnv): Promise<void> {
  const folder = environment.NODE_COMPILE_CACHE
  if (folder === undefined) return
  const done = join(folder, `warm-${process.version}`)
  if (existsSync(done)) return
  const { command, args } = warming()
  await once(spawn(command, args, { env: environment, stdio: 'ignore' }), 'close')
  mkdirSync(folder, { recursive: true })
  writeFileSync(done, '')
}
