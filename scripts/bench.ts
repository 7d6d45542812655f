import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { measureBrokers } from './bench/brokers.ts'
import { measureColdStart } from './bench/cold-start.ts'
import { measureDecisions } from './bench/decide.ts'
import { measureDoor } from './bench/door.ts'
import { measureExecution } from './bench/execution.ts'
import type { Bench, Table } from './bench/figures.ts'
import { measureIbkr } from './bench/ibkr.ts'
import { memoryTable, readMemory } from './bench/memory.ts'
import { measureMongodb } from './bench/mongodb-operations.ts'
import { measurePhases } from './bench/phases.ts'
import { measurePortfolio } from './bench/portfolio-solve.ts'
import { measurePubsub } from './bench/pubsub-hop.ts'
import { measureReady } from './bench/ready.ts'
import { machine, type Report, saveParts, saveReport, tableText } from './bench/report.ts'
import { measureSignals } from './bench/signals.ts'
import { measureSync } from './bench/sync.ts'
import { startSystem } from './bench/system.ts'
import { measureThroughput } from './bench/throughput.ts'
import { readCommandLine } from './command-line.ts'

const usage = `npm run bench -- [NAME …] [options]
  --only NAME,…    some parts: ready, memory, door, phases, throughput, signals, pubsub, mongodb, sync, execution, decide, brokers, cold-start, portfolio, ibkr
  --seconds N      how long each rate of throughput is sent (8)
  --signals N      how many signals phases follows (200)
  --profile DIR    every process of the measured system writes a CPU profile there when it stops
  --save           also into scripts/bench/results.json, which is committed`

/** Parts that put work on a running system. */
const loads = {
  phases: measurePhases,
  door: measureDoor,
  throughput: measureThroughput,
  signals: measureSignals,
  pubsub: measurePubsub,
  mongodb: measureMongodb,
  sync: measureSync,
  execution: measureExecution,
}
const names = ['ready', 'memory', ...Object.keys(loads), 'decide', 'brokers', 'cold-start', 'portfolio', 'ibkr']
/** After it is ready, processes still load and collect. */
const SETTLE_MS = 5_000

const fileHere = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const options = {
  only: { type: 'string' },
  seconds: { type: 'string', default: '8' },
  signals: { type: 'string', default: '200' },
  profile: { type: 'string' },
  save: { type: 'boolean', default: false },
} as const

function readOptions() {
  const { values, positionals } = readCommandLine(usage, { options, allowPositionals: true })
  const asked = [...positionals, ...(values.only?.split(',').map(name => name.trim()) ?? [])]
  const chosen = asked.length > 0 ? asked : names
  const unknown = chosen.filter(name => !names.includes(name))
  const [seconds, signals] = [Number(values.seconds), Number(values.signals)]
  if (unknown.length > 0 || !(seconds > 0) || !(signals > 0)) throw new Error(`${unknown.join(', ')}\n${usage}`.trim())
  return { chosen, seconds, signals, profile: values.profile ?? null, save: values.save }
}

type Chosen = ReturnType<typeof readOptions>
type Tell = (part: string, tables: Table[]) => void

/** One system for all parts that need it running. */
async function measureRunning({ chosen, seconds, signals, profile }: Chosen, work: string, tell: Tell): Promise<void> {
  const profiling = profile === null ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${resolve(profile)}` }
  if (profile !== null) mkdirSync(profile, { recursive: true })
  const system = await startSystem(join(work, 'running'), profiling)
  const { mongodb_uri, database, demo } = system.endpoints
  const client = new MongoClient(mongodb_uri, { maxPoolSize: 60 })
  try {
    const bench: Bench = { system, client, db: client.db(database), strategies: demo?.strategies ?? [], seconds, signals }
    await delay(SETTLE_MS)
    const idle = readMemory(system)
    const chosenLoads = Object.entries(loads).filter(([name]) => chosen.includes(name))
    for (const [name, measure] of chosenLoads) tell(name, await measure(bench))
    if (chosen.includes('memory')) tell('memory', [memoryTable(idle, chosenLoads.length > 0 ? readMemory(system) : null)])
  } finally {
    await client.close()
    await system.stop()
  }
}

async function measure(chosen: Chosen): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'bench-'))
  process.on('exit', () => rmSync(work, { recursive: true, force: true }))
  const begun = performance.now()
  const shown = { seconds: chosen.seconds, signals: chosen.signals, profiled: chosen.profile === null ? 'no' : 'yes' }
  const report: Report = {
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(),
    options: shown,
    parts: {},
    seconds: 0,
  }
  const tell: Tell = (part, tables) => {
    report.parts[part] = tables
    for (const table of tables) console.log(tableText(table))
  }
  const { platform, cores, cpu, memory_gb } = report.machine
  console.log(`Node ${report.node} on ${platform}, ${cores} cores (${cpu}), ${memory_gb} GB`)
  if (chosen.chosen.includes('ready')) tell('ready', await measureReady(work))
  if (chosen.chosen.some(name => name === 'memory' || name in loads)) await measureRunning(chosen, work, tell)
  if (chosen.chosen.includes('ibkr')) tell('ibkr', await measureIbkr())
  if (chosen.chosen.includes('portfolio')) tell('portfolio', await measurePortfolio())
  if (chosen.chosen.includes('decide')) tell('decide', await measureDecisions(work))
  if (chosen.chosen.includes('brokers')) tell('brokers', await measureBrokers())
  if (chosen.chosen.includes('cold-start')) tell('cold-start', await measureColdStart(work))
  report.seconds = Math.round((performance.now() - begun) / 1000)
  saveReport(report, fileHere('../reports/bench.json'))
  if (chosen.save) saveParts(report, fileHere('./bench/results.json'))
  console.log(`\n${report.seconds} s in all; the figures are in reports/bench.json${chosen.save ? ' and scripts/bench/results.json' : ''}.`)
}

try {
  await measure(readOptions())
} catch (error) {
  const { message } = error as Error
  console.error(message)
  process.exitCode = message.includes(usage) ? 2 : 1
}
