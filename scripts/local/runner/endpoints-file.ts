import { rmSync } from 'node:fs'
import { demoStrategies } from '../demo/strategies.ts'
import { type DemoStrategy, type Endpoints, endpointsFile } from '../endpoints.ts'
import { simulatedStrategies } from '../simulated/brokers.ts'
import type { Database } from './database.ts'
import type { Options } from './options.ts'
import { HOST, type Ports } from './ports.ts'
import { writePrivateFile } from './private-file.ts'
import type { Secrets } from './secrets.ts'
import type { Supervised } from './supervisor.ts'

interface Given {
  running: readonly Supervised[]
  secrets: Secrets
  database: Database
  ports: Ports
  options: Options
  environment: NodeJS.ProcessEnv
}

/** What `endpoints.json` says of a running deployment (INF-1a). */
export function endpointsOf({ running, secrets, database, ports, options, environment }: Given): Endpoints {
  const runs = (name: string) => running.some(({ plan }) => plan.name === name)
  const api_url = runs('gateway') ? `http://${HOST}:${ports.gateway}` : null
  const auth_emulator_host = (runs('market-scheduler') && environment.FIREBASE_AUTH_EMULATOR_HOST) || null
  return {
    ready: true,
    pid: process.pid,
    api_url,
    signals_url: api_url && `${api_url}/api/v1/signals`,
    console_url: null,
    portal_url: null,
    mongodb_uri: database.uri,
    database: environment.MONGODB_DATABASE ?? '',
    project_id: environment.GOOGLE_CLOUD_PROJECT ?? '',
    pubsub_emulator_host: runs('pubsub') ? `${HOST}:${ports.pubsub}` : null,
    auth_emulator_host,
    processes: running.flatMap(({ plan: { name }, pid }) => {
      const id = pid()
      return id === null ? [] : [{ name, pid: id }]
    }),
    demo: options.demo ? { strategies: strategiesWith(secrets, options), users: auth_emulator_host === null ? [] : secrets.users } : null,
  }
}

const strategiesWith = (secrets: Secrets, { simulated }: Options): DemoStrategy[] =>
  [...demoStrategies, ...(simulated ? simulatedStrategies : [])].flatMap(({ strategy_id, strategy_name, ticker, account_id }) => {
    const own = secrets.strategies[strategy_id]
    return own ? [{ strategy_id, strategy_name, ticker, ...own, account_id }] : []
  })

export interface Announcement {
  announce(): void
  /** Writes it again, once it is announced. */
  refresh(): void
  remove(): void
}

export function announceEndpoints(dataDir: string, content: () => Endpoints): Announcement {
  const file = endpointsFile(dataDir)
  let announced = false
  const write = () => {
    if (announced) writePrivateFile(file, content())
  }
  return {
    announce() {
      announced = true
      write()
    },
    refresh: write,
    remove() {
      announced = false
      rmSync(file, { force: true })
    },
  }
}
