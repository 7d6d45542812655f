import { describe, expect, it } from 'vitest'
import { itWith, type Push, publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, name } = await serverUnderTest()

const pushed = async (answer?: (push: Push) => number | Promise<number>, options: object = {}) => {
  const endpoint = await pushEndpoint(answer)
  const [topic] = await pubsub.createTopic(name('pushed'))
  const [subscription] = await topic.createSubscription(name('pushed'), { pushEndpoint: endpoint.url, ...options })
  return { ...endpoint, topic, subscription }
}

const comesAgain = async (code: number) => {
  const answers = [code]
  const { topic, texts } = await pushed(() => answers.shift() ?? 204)
  await publish(topic, 'again')
  await expect.poll(texts).toEqual(['again', 'again'])
}

describe('a push', () => {
  it('carries the message, its id and time in both spellings, and the subscription', async () => {
    const { topic, subscription, pushes } = await pushed()
    const id = await publish(topic, 'hello', { attributes: { route: 'paper' } })
    await expect.poll(() => pushes.length).toBe(1)
    const body = pushes[0]?.body
    expect(body).toMatchObject({
      message: { data: 'aGVsbG8=', attributes: { route: 'paper' }, messageId: id, message_id: id },
      subscription: subscription.name,
    })
    expect(body?.message.publishTime).toBe(body?.message.publish_time)
    expect(Math.abs(Date.now() - Date.parse(String(body?.message.publishTime)))).toBeLessThan(60_000)
    expect(pushes[0]?.headers['content-type']).toMatch(/^application\/json/u)
  })

  itWith('push metadata')('carries the ordering key, and no delivery attempt where there is no dead letter policy', async () => {
    const { topic, pushes } = await pushed(undefined, { enableMessageOrdering: true })
    const ordered = pubsub.topic(topic.name, { messageOrdering: true })
    await publish(ordered, 'keyed', { orderingKey: 'account' })
    await expect.poll(() => pushes.length).toBe(1)
    expect(pushes[0]?.orderingKey).toBe('account')
    expect(pushes[0]?.body).not.toHaveProperty('deliveryAttempt')
  })

  itWith('acknowledging statuses').each([102, 200, 201, 202, 204])('answered with %i is acknowledged', async code => {
    const { topic, texts } = await pushed(() => code, { enableMessageOrdering: true })
    const ordered = pubsub.topic(topic.name, { messageOrdering: true })
    // The second of a key comes only when the first is acknowledged.
    for (const text of ['first', 'second']) await publish(ordered, text, { orderingKey: 'account' })
    await expect.poll(texts).toEqual(['first', 'second'])
  })

  itWith('acknowledging statuses')('answered with 203 comes again', () => comesAgain(203))

  it.each([301, 400, 404, 409, 429, 500, 503])('answered with %i comes again', comesAgain)

  it('comes again when the endpoint was not there', async () => {
    const gone = await pushEndpoint()
    gone.close()
    const [topic] = await pubsub.createTopic(name('absent'))
    const [subscription] = await topic.createSubscription(name('absent'), { pushEndpoint: gone.url })
    await publish(topic, 'patience')
    const present = await pushEndpoint()
    await subscription.modifyPushConfig({ pushEndpoint: present.url })
    await expect.poll(present.texts).toEqual(['patience'])
  })

  itWith('retry policy')('that fails is spaced by the retry policy: its minimum, doubling up to its maximum', async () => {
    const retryPolicy = { minimumBackoff: { nanos: 100_000_000 }, maximumBackoff: { nanos: 250_000_000 } }
    const { topic, pushes } = await pushed(() => (pushes.length < 7 ? 500 : 204), { retryPolicy })
    await publish(topic, 'spaced')
    await expect.poll(() => pushes.length).toBe(7)
    const gaps = pushes.slice(1).map((push, index) => push.atMs - (pushes[index]?.atMs ?? 0))
    const least = [100, 200, 250, 250, 250, 250]
    // A timer may fire a millisecond early; without the maximum the last gap would be 3,200 ms.
    expect(gaps.filter((gap, index) => gap < (least[index] ?? 0) - 5)).toEqual([])
    expect(gaps.at(-1)).toBeLessThan(3000)
  })

  itWith('retry policy')('that waits for its back-off holds up no other message', async () => {
    const retryPolicy = { minimumBackoff: { seconds: 600 }, maximumBackoff: { seconds: 600 } }
    const { topic, texts } = await pushed(({ text }) => (text === 'bad' ? 500 : 204), { retryPolicy })
    await publish(topic, 'bad')
    await publish(topic, 'good')
    await expect.poll(texts).toEqual(['bad', 'good'])
  })

  itWith('parallel pushes')('waits for no other: many are outstanding at once', async () => {
    const open = Promise.withResolvers<number>()
    const { topic, pushes } = await pushed(() => open.promise)
    await Promise.all(Array.from({ length: 10 }, (_, index) => publish(topic, String(index))))
    await expect.poll(() => pushes.length).toBe(10)
    open.resolve(204)
  })

  it('is one of at most 64 outstanding, and the rest follow', async () => {
    let [outstanding, most] = [0, 0]
    const { topic, pushes } = await pushed(async () => {
      outstanding += 1
      most = Math.max(most, outstanding)
      await new Promise(setImmediate)
      outstanding -= 1
      return 204
    })
    await Promise.all(Array.from({ length: 1000 }, (_, index) => publish(topic, String(index))))
    await expect.poll(() => pushes.length).toBe(1000)
    expect(most).toBeLessThanOrEqual(64)
  })
})
