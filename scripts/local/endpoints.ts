import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoUser } from './identity/demo-users.ts'

export interface DemoStrategy {
  strategy_id: string
  strategy_name: string
  ticker: string
  passphrase: string
  hmac_secret: string
  api_key: string
  account_id: string
}

/** `endpoints.json` (INF-1a): where everything of a running deployment is. What is not built, or not started, is null. */
export interface Endpoints {
  ready: boolean
  pid: number
  api_url: string | null
  signals_url: string | null
  console_url: string | null
  portal_url: string | null
  mongodb_uri: string
  database: string
  project_id: string
  pubsub_emulator_host: string | null
  auth_emulator_host: string | null
  processes: { name: string; pid: number }[]
  demo: { strategies: DemoStrategy[]; users: DemoUser[] } | null
}

export const endpointsFile = (dataDir: string): string => join(dataDir, 'endpoints.json')

/** @throws Error in words for whoever runs a command while nothing runs on the data directory */
export function readEndpoints(dataDir: string): Endpoints {
  try {
    return JSON.parse(readFileSync(endpointsFile(dataDir), 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new Error(`Nothing is running on ${dataDir}: run npm start first, or name its directory with --data DIR.`, { cause: error })
  }
}
