import { describe, expect, it } from 'vitest'
import { clientOf, dataDirectory, publish, pushEndpoint, spawnServer } from './harness.ts'

const PROJECT = 'durable'

describe('the embedded server', () => {
  it('keeps topics, subscriptions and unacknowledged messages over a restart, and only those', async () => {
    const dataDir = await dataDirectory()
    const before = await spawnServer(dataDir)
    const first = clientOf(before.host, PROJECT)
    const [topic] = await first.pubsub.createTopic('kept')
    await topic.createSubscription('kept', { ackDeadlineSeconds: 60, filter: 'attributes:wanted' })
    for (const text of ['done', 'open']) await publish(topic, text, { attributes: { wanted: 'yes' } })
    const subscription = first.subscriptionPath('kept')
    const [{ receivedMessages }] = await first.subscriber.pull({ subscription, maxMessages: 1 })
    await first.subscriber.acknowledge({ subscription, ackIds: [receivedMessages?.[0]?.ackId ?? ''] })
    expect(await before.stop('SIGTERM')).toBe(0)

    const after = await spawnServer(dataDir)
    const second = clientOf(after.host, PROJECT)
    expect((await second.subscriber.getSubscription({ subscription }))[0]).toMatchObject({
      ackDeadlineSeconds: 60,
      filter: 'attributes:wanted',
    })
    const [{ receivedMessages: left }] = await second.subscriber.pull({ subscription, maxMessages: 10 })
    expect(left?.map(({ message }) => String(message?.data))).toEqual(['open'])
    expect(Number(await publish(second.pubsub.topic('kept'), 'new'))).toBeGreaterThan(Number(left?.[0]?.message?.messageId))
    await after.stop('SIGTERM')
  })

  it('delivers every message it acknowledged to a publisher, when it is killed in a burst of them', async () => {
    const dataDir = await dataDirectory()
    let healthy = false
    const endpoint = await pushEndpoint(({ messageId }) => (healthy || Number(messageId) % 2 === 0 ? 204 : 503))
    const before = await spawnServer(dataDir)
    const { pubsub } = clientOf(before.host, PROJECT)
    const [topic] = await pubsub.createTopic('burst')
    await topic.createSubscription('burst', { pushEndpoint: endpoint.url })
    const acknowledged: string[] = []
    const publisher = pubsub.topic('burst', { batching: { maxMessages: 10, maxMilliseconds: 1 }, gaxOpts: { retry: null } })
    const burst = Array.from({ length: 5000 }, (_, index) =>
      publish(publisher, String(index)).then(
        id => acknowledged.push(id),
        () => 0,
      ),
    )
    await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThan(200)
    await before.stop('SIGKILL')
    await Promise.all(burst)

    healthy = true
    const after = await spawnServer(dataDir)
    await expect.poll(() => missing(acknowledged, endpoint.pushes)).toBe(0)
    await after.stop('SIGTERM')
  })

  it('goes on with the order of a key and the count of attempts after it was killed', async () => {
    const dataDir = await dataDirectory()
    let healthy = false
    const endpoint = await pushEndpoint(() => (healthy ? 204 : 500))
    const before = await spawnServer(dataDir)
    const { pubsub } = clientOf(before.host, PROJECT)
    const [created] = await pubsub.createTopic('ordered')
    await created.createSubscription('ordered', {
      pushEndpoint: endpoint.url,
      enableMessageOrdering: true,
      deadLetterPolicy: { deadLetterTopic: created.name, maxDeliveryAttempts: 100 },
    })
    const topic = pubsub.topic('ordered', { messageOrdering: true })
    for (const text of ['a', 'b', 'c']) await publish(topic, text, { orderingKey: 'account' })
    await expect.poll(() => endpoint.pushes.length).toBeGreaterThan(3)
    await before.stop('SIGKILL')
    const failures = endpoint.pushes.length

    healthy = true
    const after = await spawnServer(dataDir)
    await expect.poll(() => endpoint.texts().slice(failures)).toEqual(['a', 'b', 'c'])
    expect(endpoint.pushes[failures]?.deliveryAttempt).toBeGreaterThanOrEqual(failures - 1)
    await after.stop('SIGTERM')
  })

  it('says in one line which port is in use, and that data is in use', async () => {
    const dataDir = await dataDirectory()
    const first = await spawnServer(dataDir)
    const samePort = await spawnServer(await dataDirectory(), first.port)
    expect(await samePort.exited).toBe(1)
    expect(samePort.errors()).toBe(`pubsub: port ${first.port} is in use\n`)
    const sameData = await spawnServer(dataDir)
    expect(await sameData.exited).toBe(1)
    expect(sameData.errors()).toBe(`pubsub: another Pub/Sub server uses ${dataDir}\n`)
    await first.stop('SIGTERM')
  })
})

const missing = (acknowledged: readonly string[], pushes: readonly { messageId: string }[]) => {
  const delivered = new Set(pushes.map(({ messageId }) => messageId))
  return acknowledged.filter(id => !delivered.has(id)).length
}
