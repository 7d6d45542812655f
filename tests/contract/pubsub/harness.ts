import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PubSub, type Topic, v1 } from '@google-cloud/pubsub'
import { credentials } from '@grpc/grpc-js'
import { afterAll, it, type TestAPI } from 'vitest'
import { startPubsub } from '../../../scripts/local/pubsub/start.ts'
import { type Ability, emulatorDifferences } from './emulator-differences.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

const external = process.env.PUBSUB_CONTRACT_HOST
/** Takes a test and registers none. */
const unregistered = Object.assign(() => undefined, { each: () => () => undefined }) as unknown as TestAPI

/** Registers the test only where the server under test has the ability. */
export const itWith = (ability: Ability) => (external === undefined || !(ability in emulatorDifferences) ? it : unregistered)

/** A data directory that goes with the test file. */
export const dataDirectory = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'pubsub-contract-'))
  afterAll(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The server under test, for one test file: the embedded one, or the one that PUBSUB_CONTRACT_HOST names. Every file has a project of its own. */
export const serverUnderTest = async () => {
  const projectId = `contract-${crypto.randomUUID().slice(0, 8)}`
  return external ? clientOf(external, projectId) : embeddedServer(projectId)
}

/** The embedded server, whichever is under test. */
export const embeddedServer = async (projectId = 'embedded') => {
  const server = await startPubsub({ dataDir: await dataDirectory(), port: 0, pushToken: 'push-token' })
  afterAll(() => server.close())
  return clientOf(`${server.host}:${server.port}`, projectId)
}

/** The official clients, unchanged, on the server at `host`. */
export const clientOf = (host: string, projectId: string) => {
  process.env.PUBSUB_EMULATOR_HOST = host
  const pubsub = new PubSub({ projectId })
  const [servicePath, port] = host.split(':')
  const options = { servicePath: servicePath ?? '', port: Number(port), sslCreds: credentials.createInsecure(), projectId }
  const subscriber = new v1.SubscriberClient(options)
  const publisher = new v1.PublisherClient(options)
  afterAll(() => Promise.all([pubsub.close(), subscriber.close(), publisher.close()]))
  let serial = 0
  return {
    pubsub,
    subscriber,
    publisher,
    projectId,
    /** A name nobody else uses. */
    name: (kind: string) => {
      serial += 1
      return `${kind}-${serial}`
    },
    topicPath: (name: string) => `projects/${projectId}/topics/${name}`,
    subscriptionPath: (name: string) => `projects/${projectId}/subscriptions/${name}`,
  }
}

export type Push = {
  messageId: string
  text: string
  attributes: Record<string, string>
  orderingKey: string | undefined
  deliveryAttempt: number | undefined
  subscription: string
  atMs: number
  headers: http.IncomingHttpHeaders
  body: { message: Record<string, unknown> } & Record<string, unknown>
}
type Answer = number | Promise<number>

/** An HTTP endpoint that notes every push; `answer` says with which status, and when. */
export const pushEndpoint = async (answer: (push: Push) => Answer = () => 204) => {
  const pushes: Push[] = []
  const server = http.createServer(async (request, response) => {
    const push = readPush(JSON.parse(Buffer.concat(await request.toArray()).toString()), request.headers)
    pushes.push(push)
    const status = await answer(push)
    if (status === 102) response.writeProcessing()
    else response.writeHead(status).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  afterAll(close)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/push`,
    pushes,
    texts: () => pushes.map(({ text }) => text),
    close,
  }
}

const readPush = (body: Push['body'], headers: http.IncomingHttpHeaders): Push => ({
  messageId: String(body.message.messageId),
  text: Buffer.from(String(body.message.data ?? ''), 'base64').toString(),
  attributes: (body.message.attributes as Record<string, string> | undefined) ?? {},
  orderingKey: body.message.orderingKey as string | undefined,
  deliveryAttempt: body.deliveryAttempt as number | undefined,
  subscription: String(body.subscription),
  atMs: performance.now(),
  headers,
  body,
})

/** Publishes one text and returns its id. */
export const publish = (topic: Topic, text: string, rest: { attributes?: Record<string, string>; orderingKey?: string } = {}) =>
  topic.publishMessage({ data: Buffer.from(text), ...rest })

/** The embedded server as a process of its own, which can be killed. Resolves when it listens. */
export const spawnServer = async (dataDir: string, port = 0) => {
  const child: ChildProcess = spawn(process.execPath, ['scripts/local/pubsub/main.ts', '--data', dataDir, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors: string[] = []
  child.stderr?.on('data', chunk => errors.push(String(chunk)))
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const ready = child.stdout
    ? once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(String(line)) as { port: number })
    : undefined
  const started = await Promise.race([ready, exited.then(() => undefined)])
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }
  return { host: `127.0.0.1:${started?.port}`, port: started?.port, exited, stop, errors: () => errors.join('') }
}
