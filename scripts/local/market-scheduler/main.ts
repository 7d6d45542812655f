import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openPublisher } from '../../../shared/cloud/publisher.ts'
import type { Topic } from '../../../shared/messages/pipeline-names.ts'
import { now } from '../../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../../shared/runtime/configuration.ts'
import { errorText } from '../../../shared/runtime/log.ts'
import { openStore } from '../../../shared/store/open.ts'
import { loadPipeline } from '../../pipeline.ts'
import { demoInstruments } from '../demo/instruments.ts'
import { startIdentity } from '../identity/start.ts'
import { marketServer } from '../market/server.ts'
import { type Shock, simulateMarket } from '../market/simulation.ts'
import { walks } from '../market/walks.ts'
import { writeQuotes, writeRates } from '../market/writer.ts'
import { allowedToServe, onStop } from '../runner/child.ts'
import { writePrivateFile } from '../runner/private-file.ts'
import { type Job, openJobBook } from '../scheduler/job-book.ts'
import { createScheduler } from '../scheduler/scheduler.ts'
import { serveScheduler } from '../scheduler/server.ts'
import { activityOf } from './activity.ts'

// The simulated market, the scheduler and the identity server: three small parts that share one process.

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    'identity-port': { type: 'string' },
    'scheduler-port': { type: 'string' },
    data: { type: 'string' },
    demo: { type: 'boolean' },
    hours: { type: 'boolean' },
    'no-quotes': { type: 'boolean' },
  },
})
const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)

const SEED = 'mathematricks'
const QUOTES_EVERY_MS = 1_000
const TICK_EVERY_MS = 250

const complain = (what: string) => (error: unknown) => process.stderr.write(`${what}: ${errorText(error)}\n`)

const shockFile = join(values.data ?? '.local', 'market-shocks.json')
const readShocks = (): Shock[] => {
  try {
    return JSON.parse(readFileSync(shockFile, 'utf8'))
  } catch {
    return []
  }
}
const instruments = values['no-quotes']
  ? []
  : demoInstruments.map(({ tick, lot, ...rest }) => ({ ...rest, tick: String(tick), lot: String(lot) }))
const market = simulateMarket({ seed: SEED, instruments, walks, hours: values.hours === true, shocks: readShocks() })

let ratesDay = ''
let writing = false
const writeMarket = async () => {
  if (writing || market.ids.length === 0) return
  writing = true
  try {
    const at = now()
    const day = at.toISOString().slice(0, 10)
    await Promise.all([writeQuotes(store, market, at), ...(day === ratesDay ? [] : [writeRates(store, { seed: SEED, day, at })])])
    ratesDay = day
  } finally {
    writing = false
  }
}

const run = ({ step, topic }: Job, scheduled_at: Date) => {
  const data = Buffer.from(JSON.stringify({ scheduled_at }))
  publisher
    .publish({ topic: topic as Topic, ordering_key: '', attributes: {}, data })
    .catch(complain(`scheduled run of ${step} not published`))
}
const scheduler = createScheduler({
  book: openJobBook(loadPipeline().schedules, join(values.data ?? '.local', 'schedules.json')),
  now,
  run,
})

const server = marketServer({
  market,
  now,
  onShock: () => {
    writePrivateFile(shockFile, market.shocks())
    return writeMarket()
  },
  pages: { '/activity': async () => ({ ...(await activityOf(store)), next_runs: scheduler.nextRuns() }) },
})

await allowedToServe()
await writeMarket()
const identity = await startIdentity({
  dataDir: values.data ?? '.local',
  port: Number(values['identity-port']),
  project_id: config.GOOGLE_CLOUD_PROJECT,
  demo: values.demo === true,
})
const schedulerApi = await serveScheduler(scheduler, Number(values['scheduler-port']))
setInterval(() => writeMarket().catch(complain('quotes not written')), QUOTES_EVERY_MS)
setInterval(scheduler.tick, TICK_EVERY_MS)
server.listen(Number(values.port), '127.0.0.1')
// After a longer stop entries stay shut until all was read at the brokers: nobody shall wait for the next minute.
const supervision = scheduler.job('supervise-orders')
if (supervision && !supervision.paused) run(supervision, now())

onStop(() => {
  identity?.close()
  schedulerApi.close()
  server.close()
})
