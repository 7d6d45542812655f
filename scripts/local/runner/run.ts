import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { demoStrategies } from '../demo/strategies.ts'
import { endpointsFile } from '../endpoints.ts'
import { simulatedBrokers } from '../simulated/brokers.ts'
import { chooseDatabase, databaseLine } from './database.ts'
import { announceEndpoints, endpointsOf } from './endpoints-file.ts'
import { childEnvironment } from './environment.ts'
import { lockDataDirectory } from './lock.ts'
import { type Options, UsageError } from './options.ts'
import { type Ports, portsFrom, takenPorts } from './ports.ts'
import { startPreparation } from './preparing.ts'
import { type ProcessPlan, preparation, processPlans } from './process-plan.ts'
import { resetData } from './reset.ts'
import { secretsOf } from './secrets.ts'
import { serveInOrder } from './serve-in-order.ts'
import { showStatus } from './status.ts'
import { stopAll } from './stop.ts'
import { type Supervised, supervise, type Watcher } from './supervisor.ts'
import { warmUp } from './warm-up.ts'

/** Thrown to end a start that has been told to stop. */
class Stopped extends Error {}

/** Starts everything, shows it, and resolves with the exit code when it has stopped. */
export async function run(given: Options, environment: NodeJS.ProcessEnv): Promise<number> {
  const options = { ...given, dataDir: resolve(given.dataDir) }
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 })
  const unlock = lockDataDirectory(options.dataDir)
  const told = stopSignal()
  const running: Supervised[] = []
  const endings: (() => void)[] = []
  try {
    rmSync(endpointsFile(options.dataDir), { force: true }) // of a run that was killed: nobody shall believe it
    if (options.reset) resetData(options.dataDir)
    await Promise.race([start({ options, environment, running, endings }), told.then(() => Promise.reject(new Stopped()))])
    await told
    return 0
  } catch (error) {
    if (error instanceof Stopped) return 0
    throw error
  } finally {
    for (const end of endings.reverse()) end()
    await stopAll(running)
    unlock()
  }
}

const stopSignal = (): Promise<void> =>
  new Promise(done => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done())
  })

interface Start {
  options: Options
  environment: NodeJS.ProcessEnv
  running: Supervised[]
  endings: (() => void)[]
}

async function start({ options, environment, running, endings }: Start): Promise<void> {
  const { dataDir } = options
  const simulated = options.simulated ? simulatedBrokers : []
  const demo = options.demo ? [...demoStrategies, ...simulated.map(({ strategy }) => strategy)] : []
  const secrets = secretsOf(
    dataDir,
    demo.map(({ strategy_id }) => strategy_id),
    simulated,
  )
  const firstPorts = portsFrom(options.port, [])
  const database = chooseDatabase({ environment, dataDir, port: firstPorts.mongodb })
  const logFolder = join(dataDir, 'logs')
  const shadowed = options.shadow === null ? environment : { ...environment, CEREBRO_SHADOW: options.shadow }
  const childEnv = childEnvironment({ environment: shadowed, database, ports: firstPorts, dataDir, secrets })

  await warmUp(childEnv)
  const preparing = startPreparation(preparation(), { environment: childEnv, logFolder })
  endings.push(preparing.kill)
  const { plan } = await preparing.heard('plan')
  const ports = portsFrom(
    options.port,
    plan.systems.map(({ name }) => name),
  )
  const plans = chosen(
    processPlans({ options, ports, database, plan, crashAt: environment.CRASH_AT, faultyBroker: environment.FAULTY_BROKER !== undefined }),
    options.only,
  )
  await refuseTakenPorts(plans, ports)

  const status = showStatus({ running, ports, database: databaseLine(database), dataDir })
  endings.push(status.end)
  const announced = announceEndpoints(dataDir, () => endpointsOf({ running, secrets, database, ports, options, environment: childEnv }))
  endings.push(announced.remove)
  const watcher: Watcher = {
    onChange: () => announced.refresh(),
    onTrouble: status.trouble,
  }
  for (const each of plans) running.push(supervise(each, { environment: childEnv, logFolder, watcher }))

  await serveInOrder({
    running,
    preparing,
    plan,
    ports,
    database,
    demo: options.demo ? secrets.strategies : null,
    simulated: options.simulated,
    warn: status.say,
  })
  announced.announce()
  for (const each of running) each.release()
  status.ready()
}

const chosen = (plans: ProcessPlan[], only: string[] | null): ProcessPlan[] => {
  if (only === null) return plans
  const names = plans.map(({ name }) => name)
  const unknown = only.filter(name => !names.includes(name))
  if (unknown.length > 0) throw new UsageError(`--only: there is no process ${unknown.join(', ')}. There are ${names.join(', ')}.`)
  return plans.filter(({ name }) => only.includes(name))
}

async function refuseTakenPorts(plans: readonly ProcessPlan[], ports: Ports): Promise<void> {
  const stats = plans.some(({ name }) => name === 'pubsub') ? [ports.pubsubStats] : []
  const taken = await takenPorts([...plans.flatMap(({ port }) => (port === null ? [] : [port])), ...stats])
  if (taken.length === 0) return
  const named = taken.length === 1 ? `Port ${taken[0]} is` : `Ports ${taken.join(', ')} are`
  throw new Error(`${named} in use by another program. Stop that one, or choose other ports: npm start -- --port N.`)
}
