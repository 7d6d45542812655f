import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PubSub } from '@google-cloud/pubsub'
import { type Db, MongoClient } from 'mongodb'
import { expect, vi } from 'vitest'
import type { Endpoints } from '../../scripts/local/endpoints.ts'
import { loadPipeline } from '../../scripts/pipeline.ts'
import { freePorts } from './ports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Answer {
  status: number
  headers: Headers
  /** Answers are looked at field by field; their schemas are the product's to keep. */
  body: ReturnType<typeof JSON.parse>
}

export interface System {
  dataDir: string
  endpoints(): Endpoints
  db(): Db
  post(path: string, body: string | object, headers?: Record<string, string>): Promise<Answer>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  /** Names of the processes that were killed since the start, in the order of their deaths. */
  killed(): string[]
  restart(): Promise<void>
  stop(): Promise<void>
}

/** The whole system as `npm start` runs it, in a data directory of its own; `environment` is added to this process's own. */
export async function startSystem(environment: Record<string, string> = {}, options: readonly string[] = []): Promise<System> {
  const dataDir = mkdtempSync(join(tmpdir(), 'system-'))
  const port = await freePorts()
  const file = join(dataDir, 'endpoints.json')
  const endpoints = (): Endpoints => JSON.parse(readFileSync(file, 'utf8'))
  let runner: ChildProcess
  let client: MongoClient
  let said = ''

  const start = async () => {
    said = ''
    const command = ['scripts/local/start.ts', '--data', dataDir, '--port', String(port), '--no-sender', ...options]
    runner = spawn(process.execPath, command, {
      cwd: root,
      env: { ...process.env, MONGODB_URI: undefined, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    runner.stdout?.on('data', chunk => {
      said += chunk
    })
    runner.stderr?.on('data', chunk => {
      said += chunk
    })
    try {
      await vi.waitFor(() => expect(existsSync(file) && endpoints().ready, said).toBe(true), { timeout: 55_000, interval: 50 })
    } catch (error) {
      // Nobody else can stop what never became ready.
      runner.kill('SIGTERM')
      throw error
    }
    client = new MongoClient(endpoints().mongodb_uri ?? '')
  }
  const end = async () => {
    await client.close()
    const closed = once(runner, 'close')
    runner.kill('SIGTERM')
    await closed
  }
  const request = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`${endpoints().api_url}${path}`, init)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }

  await start()
  return {
    dataDir,
    endpoints,
    db: () => client.db(endpoints().database),
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    get: (path, headers = {}) => request(path, { headers }),
    killed: () => [...said.matchAll(/^(\S+): ended \(SIGKILL\)/gm)].map(([, name = '']) => name),
    restart: async () => {
      await end()
      await start()
    },
    stop: async () => {
      await end()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** A demo strategy with its secrets. */
export const demoStrategy = (system: System, strategy_id: string) => {
  const found = system.endpoints().demo?.strategies.find(strategy => strategy.strategy_id === strategy_id)
  if (!found) throw new Error(`no demo strategy ${strategy_id}`)
  return found
}

/** Follows a signal by its status address until it has reached a state; its last trail. */
export async function follow(
  system: System,
  { status_url }: { status_url: string },
  api_key: string,
  states: readonly string[],
  timeout = 30_000,
) {
  const path = new URL(status_url).pathname
  return vi.waitFor(
    async () => {
      const { body } = await system.get(path, { 'x-api-key': api_key })
      expect(states, JSON.stringify(body)).toContain(body.state)
      return body
    },
    { timeout, interval: 30 },
  )
}

/** Runs a scheduled step now, as `npm run run-schedule` does, without a process for it. */
export async function runStep(system: System, step: string): Promise<void> {
  const schedule = loadPipeline().schedules.find(each => each.step === step)
  if (!schedule) throw new Error(`no schedule ${step}`)
  const { project_id, pubsub_emulator_host } = system.endpoints()
  const pubsub = new PubSub({ projectId: project_id, apiEndpoint: pubsub_emulator_host ?? '', emulatorMode: true })
  try {
    await pubsub.topic(schedule.topic).publishMessage({ json: { scheduled_at: new Date().toISOString() } })
  } finally {
    await pubsub.close()
  }
}
