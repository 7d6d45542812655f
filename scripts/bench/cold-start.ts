import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { bundleStep } from '../build.ts'
import { loadPipeline } from '../pipeline.ts'
import { median, type Row, rounded, type Table } from './figures.ts'
import { residentMb } from './system.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const framework = join(root, 'node_modules/@google-cloud/functions-framework/build/src/main.js')
const ROUNDS = 3
const SERVES_WITHIN_MS = 20_000

/** Nothing answers there: a function connects when the first message comes, not when it is loaded. */
const environment: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  MONGODB_URI: 'mongodb://127.0.0.1:1/',
  PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
  GOOGLE_CLOUD_PROJECT: 'bench',
  METADATA_SERVER_DETECTION: 'none',
}

const timeImport = `
const begun = performance.now()
require(process.argv[1])
console.log(performance.now() - begun)
process.exit(0)`

function importMs(folder: string): number {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', timeImport, folder], { env: environment, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${folder} cannot be loaded:\n${stderr}`)
  return Number(stdout)
}

/** Starts a bundle as Cloud Run does, until it serves. */
async function serve(step: string, folder: string): Promise<{ ms: number; mb: number | null }> {
  const begun = performance.now()
  const child = spawn(process.execPath, [framework, `--target=${step}`, '--port=0'], { cwd: folder, env: environment })
  try {
    const serving = new Promise<void>((resolve, reject) => {
      let said = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', chunk => {
          said += chunk
          if (said.includes('URL: ')) resolve()
        })
      }
      child.once('exit', () => reject(new Error(`${step} does not start:\n${said}`)))
    })
    await Promise.race([serving, delay(SERVES_WITHIN_MS, undefined, { ref: false })])
    return { ms: performance.now() - begun, mb: residentMb(child.pid ?? 0) }
  } finally {
    child.removeAllListeners('exit').kill('SIGKILL')
  }
}

/** Every function from its bundle alone: its size, the time to load it, and the time until it serves. */
export async function measureColdStart(work: string): Promise<Table[]> {
  const rows: Row[] = []
  for (const step of Object.keys(loadPipeline().steps)) {
    const { folder, bytes, modules } = await bundleStep(step, { root, out: join(work, 'dist') })
    const loads = Array.from({ length: ROUNDS }, () => importMs(folder))
    const { ms, mb } = await serve(step, folder)
    rows.push({
      function: step,
      'bundle kB': Math.round(bytes / 1000),
      modules,
      'load ms': median(loads),
      'serves after ms': rounded(ms),
      'RSS MB': mb,
    })
  }
  return [{ title: `Cold start of each function from its bundle (load: median of ${ROUNDS})`, rows }]
}
