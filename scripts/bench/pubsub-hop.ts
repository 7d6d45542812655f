import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PubSub, type Topic } from '@google-cloud/pubsub'
import { type Bench, type Row, spreadMs, type Table } from './figures.ts'

const HOPS = 300
const BURST = 2_000
const ANSWER_WITHIN_MS = 60_000

interface Endpoint {
  url: string
  /** Resolves with the time (performance.now()) at which the message of a name came. */
  arrival(name: string): Promise<number>
  close(): void
}

/** A local push endpoint that acknowledges everything. */
async function openEndpoint(): Promise<Endpoint> {
  const waiting = new Map<string, (at: number) => void>()
  const server = createServer((request, response) => {
    const at = performance.now()
    let text = ''
    request.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    request.once('end', () => {
      const { name } = JSON.parse(text).message.attributes
      waiting.get(name)?.(at)
      waiting.delete(name)
      response.writeHead(204).end()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    arrival: name =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Pub/Sub did not push ${name} in time`)), ANSWER_WITHIN_MS)
        waiting.set(name, at => {
          clearTimeout(timer)
          resolve(at)
        })
      }),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

const data = Buffer.from(JSON.stringify({ filling: 'x'.repeat(800) })) // the size of a signal's message

/** One message at a time, from the call of publish until it is at the endpoint, and until publish answers. */
async function hops(topic: Topic, endpoint: Endpoint, orderingKey: string | undefined): Promise<{ pushed: number[]; published: number[] }> {
  const pushed: number[] = []
  const published: number[] = []
  for (let index = 0; index < HOPS; index += 1) {
    const name = `hop-${orderingKey}-${index}`
    const arrival = endpoint.arrival(name)
    const begun = performance.now()
    await topic.publishMessage({ data, attributes: { name }, ...(orderingKey === undefined ? {} : { orderingKey }) })
    published.push(performance.now() - begun)
    pushed.push((await arrival) - begun)
  }
  return { pushed, published }
}

/** Many at once; messages a second from the first publish to the last push. */
async function burst(topic: Topic, endpoint: Endpoint, keys: number): Promise<Row> {
  const begun = performance.now()
  const arrivals = Array.from({ length: BURST }, (_, index) => {
    const name = `burst-${keys}-${index}`
    const arrival = endpoint.arrival(name)
    const ordered = keys === 0 ? {} : { orderingKey: `key-${index % keys}` }
    return Promise.all([arrival, topic.publishMessage({ data, attributes: { name }, ...ordered })])
  })
  await Promise.all(arrivals)
  return { keys: keys === 0 ? 'none' : keys, messages: BURST, 'messages/s': Math.round((BURST * 1000) / (performance.now() - begun)) }
}

/** The running Pub/Sub server, with the official client, on a topic of its own. */
export async function measurePubsub({ system }: Bench): Promise<Table[]> {
  const { pubsub_emulator_host, project_id } = system.endpoints
  process.env.METADATA_SERVER_DETECTION ??= 'none' // else Google's client looks for the cloud around it
  const client = new PubSub({ projectId: project_id, apiEndpoint: pubsub_emulator_host ?? '', emulatorMode: true })
  const name = `bench-${randomBytes(4).toString('hex')}`
  const endpoint = await openEndpoint()
  // As product code publishes: ordered, and at once.
  const topic = client.topic(name, { messageOrdering: true, batching: { maxMilliseconds: 0, maxMessages: 100 } })
  await topic.create()
  const [subscription] = await topic.createSubscription(name, { pushConfig: { pushEndpoint: endpoint.url }, enableMessageOrdering: true })
  try {
    await hops(topic, endpoint, 'warm-up')
    const ordered = await hops(topic, endpoint, 'key')
    const unordered = await hops(topic, endpoint, undefined)
    const bursts = [await burst(topic, endpoint, 0), await burst(topic, endpoint, 5), await burst(topic, endpoint, 100)]
    return [
      {
        title: 'Pub/Sub: publish → push, one message at a time',
        rows: [
          { hop: 'publish → pushed, ordered', ...spreadMs(ordered.pushed), goal: 'p50 ≤ 5' },
          { hop: 'publish → pushed, unordered', ...spreadMs(unordered.pushed), goal: 'p50 ≤ 5' },
          { hop: 'publish → published, ordered', ...spreadMs(ordered.published), goal: null },
        ],
      },
      { title: 'Pub/Sub: all at once', rows: bursts },
    ]
  } finally {
    await subscription.delete()
    await topic.delete()
    await client.close()
    endpoint.close()
  }
}
