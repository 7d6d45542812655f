import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PubSub } from '@google-cloud/pubsub'
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

/** What orders themselves go through, and nothing else, carries brokers' libraries. */
const venueFacing = ['execute-order', 'supervise-orders', 'sync-accounts', 'ibkr-gateway']

/** Starts the bundle as Cloud Run does, from a copy that has nothing beside it; answers its address once it serves. */
async function start(step: string): Promise<string> {
  const { folder, brokers } = await bundleStep(step, { root, out: join(work, 'dist') })
  expect(brokers.length > 0).toBe(venueFacing.includes(step))
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
