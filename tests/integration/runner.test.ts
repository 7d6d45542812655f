import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Endpoints } from '../../scripts/local/endpoints.ts'
import { freePorts } from './ports.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'runner-'))
const dataDir = join(work, 'local')
/** The ports that a start takes, from its first one. */
const PORTS = 10
const names = ['mongodb', 'pubsub', 'market-scheduler', 'signal-ingestion', 'cerebro', 'execution', 'account-data', 'gateway']

const environment = { ...process.env, MONGODB_URI: undefined, CRASH_AT: undefined }
let port = 0
let runner: Started
let endpoints: Endpoints

interface Started {
  process: ChildProcess
  said: () => string
  exited: Promise<number | null>
}

function start(script: string, ...args: string[]): Started {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const hear = (chunk: Buffer) => {
    text += chunk
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  return { process: child, said: () => text, exited: once(child, 'close').then(([code]) => code) }
}

const startRunner = (...args: string[]) => start('scripts/local/start.ts', '--data', dataDir, '--port', String(port), ...args)

const read = (): Endpoints => JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8'))

/** Starts it and waits until `endpoints.json` says that everything is ready. */
async function startReady(...args: string[]): Promise<void> {
  runner = startRunner(...args)
  await vi
    .waitFor(() => expect(read()).toMatchObject({ ready: true, pid: runner.process.pid }), { timeout: 50_000, interval: 50 })
    .catch((error: unknown) => {
      throw new Error(runner.said(), { cause: error })
    })
  endpoints = read()
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const isOpen = (at: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect(at, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).once('error', () => resolve(false))
  })

const inDatabase = async <T>(work: (db: ReturnType<MongoClient['db']>) => Promise<T>): Promise<T> => {
  const client = new MongoClient(endpoints.mongodb_uri)
  try {
    return await work(client.db(endpoints.database))
  } finally {
    await client.close()
  }
}

const pids = () => [endpoints.pid, ...endpoints.processes.map(({ pid }) => pid)]

const nothingIsLeft = async () => {
  expect(pids().filter(isAlive)).toEqual([])
  const open = await Promise.all(Array.from({ length: PORTS }, (_, index) => isOpen(port + index)))
  expect(open).not.toContain(true)
}

beforeAll(async () => {
  port = await freePorts(PORTS)
})
afterAll(() => {
  runner.process.kill('SIGKILL')
  rmSync(work, { recursive: true, force: true, maxRetries: 5 })
})

describe('npm start', { timeout: 60_000 }, () => {
  it('writes where everything is when everything is ready', async () => {
    await startReady('--no-sender')
    const text = expect.any(String)
    expect(endpoints).toEqual({
      ready: true,
      pid: runner.process.pid,
      api_url: `http://127.0.0.1:${port}`,
      signals_url: `http://127.0.0.1:${port}/api/v1/signals`,
      console_url: null,
      portal_url: null,
      mongodb_uri: expect.stringContaining(`127.0.0.1:${port + 1}`),
      database: 'mathematricks_trading',
      project_id: 'mathematricks-local',
      pubsub_emulator_host: `127.0.0.1:${port + 2}`,
      auth_emulator_host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      processes: names.map(name => ({ name, pid: expect.any(Number) })),
      demo: {
        strategies: Array(5).fill({
          strategy_id: text,
          strategy_name: text,
          ticker: text,
          passphrase: text,
          hmac_secret: text,
          api_key: expect.stringMatching(/^sk_/),
          account_id: text,
        }),
        users: [
          { email: text, password: text, role: 'admin', totp_secret: text },
          { email: text, password: text, role: 'client', totp_secret: null },
          { email: text, password: text, role: 'sender', totp_secret: null },
        ],
      },
    })
    expect(statSync(join(dataDir, 'endpoints.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(dataDir, '.env.local')).mode & 0o777).toBe(0o600)
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
  })

  it('has every function healthy, quotes that move and a ledger of the accounts', async () => {
    const health = await fetch(`${endpoints.api_url}/health`)
    expect([health.status, await health.json()]).toEqual([200, { status: 'healthy', service: 'gateway' }])
    await inDatabase(async db => {
      expect(await db.collection('quotes').countDocuments({})).toBe(13)
      const first = await db.collection('quotes').findOne({ instrument_id: 'CRYPTO:BTCUSDT' })
      await expect.poll(() => db.collection('quotes').findOne({ instrument_id: 'CRYPTO:BTCUSDT' })).not.toEqual(first)
      const ledger = await db.collection('margin_ledger').findOne({ fund_id: 'mathematricks_fund' })
      expect(Object.keys(ledger?.accounts ?? {}).sort()).toEqual(['ALPACA_Main', 'Binance_Main', 'IBKR_Futures', 'IBKR_Main'])
    })
  })

  it('shows a signal sent by hand, and the one that ends it, to their fills', async () => {
    const sender = start('scripts/send-signal.ts', '--data', dataDir)
    expect([await sender.exited, sender.said()]).toEqual([0, expect.stringMatching(/BUY AUDCAD.*FILLED.*SELL AUDCAD.*FILLED/s)])
  })

  it('starts a scheduled step when it is asked to', async () => {
    const command = start('scripts/run-schedule.ts', '--data', dataDir, 'build-dashboards')
    expect([await command.exited, command.said()]).toEqual([0, expect.stringContaining('build-dashboards was started')])
    const wrong = start('scripts/run-schedule.ts', '--data', dataDir, 'execute-order')
    expect([await wrong.exited, wrong.said()]).toEqual([1, expect.stringContaining('npm run run-schedule -- STEP')])
  })

  it.each(['cerebro', 'gateway', 'mongodb'])('starts %s again when it is killed', async name => {
    const pidOf = () => read().processes.find(each => each.name === name)?.pid
    const before = pidOf()
    process.kill(before ?? 0, 'SIGKILL')
    await expect.poll(pidOf).toSatisfy(pid => pid !== undefined && pid !== before)
    const health = () =>
      fetch(`${endpoints.api_url}/health`).then(
        ({ status }) => status,
        () => 0,
      )
    await expect.poll(health).toBe(200)
    endpoints = read()
  })

  it('refuses to start twice on the same data', async () => {
    const second = startRunner()
    expect(await second.exited).toBe(1)
    expect(second.said()).toContain(`Already running on ${dataDir} (pid ${runner.process.pid})`)
  })

  it('names the port that is in use', async () => {
    const other = start('scripts/local/start.ts', '--data', join(work, 'other'), '--port', String(port + 1 - PORTS))
    expect(await other.exited).toBe(1)
    expect(other.said()).toMatch(new RegExp(`Ports? ${port}.* in use`))
  })

  it('says what is wrong with its options', async () => {
    const wrong = startRunner('--prot')
    expect([await wrong.exited, wrong.said()]).toEqual([2, expect.stringContaining("Unknown option '--prot'")])
  })

  it('stops when it is told to, with nothing left behind', async () => {
    await inDatabase(db => db.collection('kept').insertOne({ marker: 1 }))
    runner.process.kill('SIGTERM')
    expect(await runner.exited).toBe(0)
    await nothingIsLeft()
    expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(false)
  })

  it('keeps data and secrets over a restart', async () => {
    const before = endpoints.demo
    await startReady('--no-sender')
    expect(endpoints.demo).toEqual(before)
    expect(await inDatabase(db => db.collection('kept').countDocuments({ marker: 1 }))).toBe(1)
    expect(await inDatabase(db => db.collection('fills').countDocuments({}))).toBe(2)
  })

  it('leaves no process when it is killed itself', async () => {
    runner.process.kill('SIGKILL')
    await vi.waitFor(nothingIsLeft, { timeout: 30_000 })
  })

  it('takes over the lock of the one that was killed, and begins anew with --reset', async () => {
    await startReady('--reset', '--no-demo', '--only', 'mongodb,pubsub')
    expect(endpoints).toMatchObject({ api_url: null, signals_url: null, demo: null })
    expect(endpoints.processes.map(({ name }) => name)).toEqual(['mongodb', 'pubsub'])
    expect(await inDatabase(db => db.collection('kept').countDocuments({}))).toBe(0)
    runner.process.kill('SIGINT')
    expect(await runner.exited).toBe(0)
    await nothingIsLeft()
  })
})
