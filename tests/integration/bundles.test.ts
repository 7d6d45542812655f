import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PubSub } from '@google-cloud/pubsub'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bundleStep } from '../../scripts/build.ts'
import { startMongodb } from '../../scripts/local/mongodb/start.ts'
import { startPubsub } from '../../scripts/local/pubsub/start.ts'
import { loadPipeline } from '../../scripts/pipeline.ts'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const framework = join(root, 'node_modules/@google-cloud/functions-framework/build/src/main.js')
const project = 'bundles'
const { steps, topics, subscriptions } = loadPipeline()

/** Under the system's temporary folder, where no package can be found by walking up. */
const work = mkdtempSync(join(tmpdir(), 'bundles-'))
const stops: (() => unknown)[] = [() => rmSync(work, { recursive: true })]
let environment: NodeJS.ProcessEnv = {}

beforeAll(async () => {
  const mongodb = await startMongodb({ dataDir: join(work, 'mongodb'), port: 0 })
  const pubsub = await startPubsub({ dataDir: join(work, 'pubsub'), port: 0 })
  stops.unshift(
    () => mongodb.close(),
    () => pubsub.close(),
  )
  environment = {
    PATH: process.env.PATH,
    MONGODB_URI: mongodb.uri,
    PUBSUB_EMULATOR_HOST: `${pubsub.host}:${pubsub.port}`,
    GOOGLE_CLOUD_PROJECT: project,
    METADATA_SERVER_DETECTION: 'none',
  }
  const admin = new PubSub({ projectId: project, apiEndpoint: `${pubsub.host}:${pubsub.port}`, emulatorMode: true })
  stops.unshift(() => admin.close())
  for (const topic of topics) await admin.createTopic(topic)
})
afterAll(async () => {
  for (const stop of stops) await stop()
})

let running: ChildProcess | undefined
afterEach(() => running?.kill('SIGKILL'))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

const shared = ['ccxt', '@alpacahq/alpaca-trade-api', 'kiteconnect']
/** What orders themselves go through, and nothing else, carries brokers' libraries; the socket's only the container that holds it. */
const librariesOf: Record<string, readonly string[]> = {
  'execute-order': shared,
  'supervise-orders': shared,
  'sync-accounts': shared,
  'ibkr-gateway': ['@stoqey/ib', ...shared],
}

/** Starts the bundle as Cloud Run does, from a copy that has nothing beside it; answers its address once it serves. */
async function start(step: string): Promise<string> {
  const { folder, brokers } = await bundleStep(step, { root, out: join(work, 'dist') })
  expect(brokers).toEqual(librariesOf[step] ?? [])
  const alone = join(work, 'alone', step)
  cpSync(folder, alone, { recursive: true })
  const port = await freePort()
  const child = spawn(process.execPath, [framework, `--target=${step}`, `--port=${port}`], { cwd: alone, env: environment })
  running = child
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk
      if (said.includes('URL: ')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', code => reject(new Error(`${step} stopped with ${code}:\n${said}`)))
  })
  return `http://127.0.0.1:${port}`
}

const post = (url: string, body: unknown) => fetch(url, { method: 'POST', body: JSON.stringify(body) })

describe.each(Object.entries(steps))('the bundle of %s, alone', (step, { paths }) => {
  const read = subscriptions.find(subscription => subscription.step === step)
  const [, path] = paths.find(route => route.startsWith('POST ') && !route.includes('*'))?.split(' ') ?? []

  it('starts, reaches the database, and answers a message', async () => {
    const address = await start(step)
    const health = await fetch(`${address}/health`)
    expect([health.status, await health.json()]).toMatchObject([200, { status: 'healthy', service: step }])

    if (read) {
      // A message that can never succeed is published to `dead-letters` before it is acknowledged: Pub/Sub is reached too.
      const message = { messageId: '1', data: Buffer.from('not JSON').toString('base64') }
      const push = await post(address, { message, subscription: `projects/${project}/subscriptions/${read.name}` })
      expect([push.status, await push.text()]).toEqual([204, ''])
    }
    if (path) {
      const refusal = await post(`${address}${path}`, 'no such message')
      expect(refusal.headers.get('content-type')).toContain('application/problem+json')
      expect(refusal.status).toBeGreaterThanOrEqual(400)
      expect(refusal.status).toBeLessThan(500)
    }
  })
})

it('the gateway’s container starts as its Dockerfile says, holds the socket, and lets go of it when it is asked to end', async () => {
  const dockerfile = readFileSync(join(root, 'functions/ibkr-gateway/Dockerfile'), 'utf8')
  const command: string[] = JSON.parse(/^CMD (.+)$/m.exec(dockerfile)?.[1] ?? '[]')
  expect(dockerfile).toMatch(/^USER node$/m)
  expect(dockerfile).toMatch(/^FROM node:24-alpine$/m)
  const copied = /^COPY (\S+) \.\/ibkr-gateway$/m.exec(dockerfile)?.[1]
  expect(readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')).toEqual(expect.arrayContaining(['*', `!${copied}`]))
  const { folder } = await bundleStep('ibkr-gateway', { root, out: join(work, 'dist') })
  const alone = join(work, 'srv', 'ibkr-gateway')
  cpSync(folder, alone, { recursive: true })
  const port = await freePort()
  const client = await new MongoClient(environment.MONGODB_URI ?? '').connect()
  const db = client.db('test_container')
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const broker = { broker_id: 'IB', broker_name: 'IB', adapter: 'ibkr', connection: nobody, accounts: [] }
  await db
    .collection('account_hierarchy')
    .insertOne({ _id: 'mathematricks_fund' as never, fund_name: 'F', base_currency: 'USD', brokers: [broker] })
  const given = command.slice(1).map(each => each.replace('/srv/ibkr-gateway', alone).replace(/^node_modules/, join(root, 'node_modules')))
  const { PUBSUB_EMULATOR_HOST: _, ...cloud } = environment
  const env = { ...cloud, NODE_ENV: 'production', K_SERVICE: 'ibkr-gateway', PORT: String(port), MONGODB_DATABASE: 'test_container' }
  const child = spawn(process.execPath, given, { cwd: alone, env, stdio: 'ignore' })
  running = child
  const lease = async () => (await db.collection('leases').findOne({ lease_id: 'socket:IB' }))?.until
  await expect.poll(lease).toBeInstanceOf(Date)
  expect(await (await fetch(`http://127.0.0.1:${port}/health`)).json()).toMatchObject({ brokers: [{ broker_id: 'IB', holds_lease: true }] })
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(await lease()).toEqual(new Date(0))
  await client.close()
})
