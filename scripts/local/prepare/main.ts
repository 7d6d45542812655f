import { loadPipeline } from '../../pipeline.ts'
import type { FromPreparation, ToPreparation, Wanted } from './messages.ts'
import { localPlan } from './plan.ts'

// All that has to be there before the functions are. It runs once at each start and is gone afterwards, with the memory it took.

const tell = (message: FromPreparation) =>
  new Promise<void>((resolve, reject) => process.send?.(message, undefined, {}, error => (error ? reject(error) : resolve())))

let start: (wanted: Wanted) => void = () => undefined
let sync: () => void = () => undefined
const wanted = new Promise<Wanted>(resolve => {
  start = resolve
})
const functionsUp = new Promise<void>(resolve => {
  sync = resolve
})
process.on('message', (message: ToPreparation) => {
  if (message.kind === 'prepare') start(message.wanted)
  else sync()
})
process.on('disconnect', () => process.exit(1))
process.channel?.ref() // what keeps it alive is the runner's next word

try {
  const pipeline = loadPipeline(undefined, process.env)
  await tell({ kind: 'plan', plan: localPlan(pipeline) })
  // Only now: the runner need not wait for these packages.
  const { firstSync, prepare } = await import('./prepare.ts')
  const store = await prepare(pipeline, await wanted)
  await tell({ kind: 'prepared' })
  await functionsUp
  await tell({ kind: 'synced', ledger: await firstSync(store) })
  process.exit(0)
} catch (error) {
  const { message, cause } = error as Error
  process.stderr.write(`${message}${cause instanceof Error ? ` (${cause.message})` : ''}\n`)
  process.exit(1)
}
