import { fileURLToPath } from 'node:url'
import type { LocalPlan } from '../prepare/plan.ts'
import type { Database } from './database.ts'
import type { Options } from './options.ts'
import type { Ports } from './ports.ts'

export interface ProcessPlan {
  name: string
  command: string
  args: string[]
  /** Open when the process serves; null for one that serves nothing. */
  port: number | null
  /** Of its own, besides what all processes see. */
  environment?: Record<string, string>
  /** Of the first life only: what is set here is gone after a restart. */
  firstLife: Record<string, string>
  /** Processes stop in the order of their stages. */
  stage: 'gateway' | 'functions' | 'market' | 'pubsub' | 'mongodb'
  /** Whether it understands the runner's messages. */
  ours: boolean
}

export const stages = ['gateway', 'functions', 'market', 'pubsub', 'mongodb'] as const

const script = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const preload = new URL('./child.ts', import.meta.url).href

const options = ['--no-flush-bytecode', '--disable-warning=ExperimentalWarning']
/** A young space large enough that little grows old, and code that is compiled for good early: both save more time than they take memory. */
const busy = ['--max-semi-space-size=16', '--no-lazy-feedback-allocation']
/** How Node runs what is busy: the functions and the database. */
export const busyOptions = [...options, ...busy]
/** Where little is to be done, memory is worth more. */
const calm = ['--max-semi-space-size=4']
const CALM = new Set<ProcessPlan['stage']>(['gateway', 'market', 'pubsub'])

interface NodePlan extends Pick<ProcessPlan, 'name' | 'port' | 'stage'> {
  file: string
  args: string[]
  /** MB of old space, where V8 gives up. */
  heapMb: number
  environment?: Record<string, string>
  firstLife?: Record<string, string>
}

const node = ({ name, port, stage, file, args, heapMb, environment = {}, firstLife = {} }: NodePlan): ProcessPlan => ({
  name,
  command: process.execPath,
  args: [
    ...(CALM.has(stage) ? [...options, ...calm] : busyOptions),
    `--max-old-space-size=${heapMb}`,
    '--import',
    preload,
    script(file),
    ...args,
  ],
  port,
  environment,
  firstLife,
  stage,
  ours: true,
})

export const preparation = (): ProcessPlan =>
  node({ name: 'prepare', port: null, stage: 'functions', file: 'prepare/main.ts', args: [], heapMb: 256 })

export const warming = (): ProcessPlan =>
  node({ name: 'warm', port: null, stage: 'functions', file: 'warm/main.ts', args: [], heapMb: 512 })

interface Given {
  options: Options
  ports: Ports
  database: Database
  plan: LocalPlan
  crashAt: string | undefined
  /** Whether the paper broker runs by itself, with faults. */
  faultyBroker: boolean
}

/** Every process of the one-machine cloud, in the order in which they are shown. */
export function processPlans({ options, ports, database, plan, crashAt, faultyBroker }: Given): ProcessPlan[] {
  const { dataDir, marketHours } = options
  const port = (number: number) => ['--port', String(number)]
  const portOf = (system: string) => ports.functions[system] ?? 0
  const served = plan.systems.flatMap(({ name, steps }) => steps.map(step => ({ step, port: portOf(name) })))
  const gatewayPlan = { routes: plan.routes.map(({ system, ...route }) => ({ ...route, port: portOf(system) })), functions: served }
  const market = [
    ...port(ports.market),
    '--identity-port',
    String(ports.identity),
    '--scheduler-port',
    String(ports.scheduler),
    '--data',
    dataDir,
    ...(options.demo ? ['--demo'] : []),
    ...(marketHours ? ['--hours'] : []),
    ...(database.kind === 'given' ? ['--no-quotes'] : []),
  ]
  const stats = ['--stats-port', String(ports.pubsubStats)]
  return [
    ...databasePlan(database, { dataDir, port: ports.mongodb }),
    node({
      name: 'pubsub',
      port: ports.pubsub,
      stage: 'pubsub',
      file: 'pubsub/main.ts',
      args: ['--data', `${dataDir}/pubsub`, ...port(ports.pubsub), ...stats],
      heapMb: 384,
    }),
    node({ name: 'market-scheduler', port: ports.market, stage: 'market', file: 'market-scheduler/main.ts', args: market, heapMb: 128 }),
    ...(faultyBroker
      ? [
          node({
            name: 'paper-broker',
            port: ports.paperBroker,
            stage: 'market',
            file: 'paper-broker/main.ts',
            args: port(ports.paperBroker),
            heapMb: 128,
          }),
        ]
      : []),
    ...(options.simulated
      ? [
          node({
            name: 'simulators',
            port: ports.simulators,
            stage: 'market',
            file: '../../tests/simulators/main.ts',
            args: port(ports.simulators),
            heapMb: 192,
          }),
        ]
      : []),
    ...plan.systems.map(({ name, steps, environment }) =>
      node({
        name,
        port: portOf(name),
        stage: 'functions',
        file: 'functions-host/main.ts',
        args: [...port(portOf(name)), ...steps],
        heapMb: name === 'account-data' ? 256 : 160, // it has guests, see prepare/plan.ts
        environment,
        ...(crashAt === undefined ? {} : { firstLife: { CRASH_AT: crashAt } }),
      }),
    ),
    node({
      name: 'gateway',
      port: ports.gateway,
      stage: 'gateway',
      file: 'gateway/main.ts',
      args: [...port(ports.gateway), '--plan', JSON.stringify(gatewayPlan), ...(options.sender ? ['--demo-sender', dataDir] : [])],
      heapMb: 128,
    }),
  ]
}

function databasePlan(database: Database, { dataDir, port }: { dataDir: string; port: number }): ProcessPlan[] {
  if (database.kind === 'given') return []
  if (database.kind === 'embedded') {
    const args = ['--data', `${dataDir}/mongodb`, '--port', String(port)]
    return [node({ name: 'mongodb', port, stage: 'mongodb', file: 'mongodb/main.ts', args, heapMb: 384 })]
  }
  const args = [
    '--dbpath',
    database.folder,
    '--port',
    String(port),
    '--bind_ip',
    '127.0.0.1',
    '--replSet',
    'rs0',
    '--wiredTigerCacheSizeGB',
    '0.25',
  ]
  return [{ name: 'mongodb', command: database.command, args, port, firstLife: {}, stage: 'mongodb', ours: false }]
}
