import { describe, expect, it } from 'vitest'
import { itWith, type Push, publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, name } = await serverUnderTest()

const ordered = async (answer?: (push: Push) => number | Promise<number>, options: object = {}) => {
  const endpoint = await pushEndpoint(answer)
  const [created] = await pubsub.createTopic(name('ordered'))
  await created.createSubscription(name('ordered'), { pushEndpoint: endpoint.url, enableMessageOrdering: true, ...options })
  return { ...endpoint, topic: pubsub.topic(created.name, { messageOrdering: true, batching: { maxMilliseconds: 0 } }) }
}

describe('messages of one ordering key', () => {
  it('come in the order in which they were published', async () => {
    const { topic, texts } = await ordered()
    const numbers = Array.from({ length: 20 }, (_, index) => String(index))
    await Promise.all(numbers.map(text => publish(topic, text, { orderingKey: 'account' })))
    await expect.poll(texts).toEqual(numbers)
  })

  it('wait behind one that fails, and follow it in order', async () => {
    const failures = ['b', 'b', 'b']
    const { topic, texts } = await ordered(({ text }) => (failures[0] === text && failures.shift() ? 500 : 204))
    await Promise.all(['a', 'b', 'c', 'd'].map(text => publish(topic, text, { orderingKey: 'account' })))
    await expect.poll(texts).toEqual(['a', 'b', 'b', 'b', 'b', 'c', 'd'])
  })

  it('are outstanding one at a time', async () => {
    let [outstanding, most] = [0, 0]
    const { topic, pushes } = await ordered(async () => {
      outstanding += 1
      most = Math.max(most, outstanding)
      await new Promise(setImmediate)
      outstanding -= 1
      return 204
    })
    await Promise.all(['a', 'b', 'c', 'd'].map(text => publish(topic, text, { orderingKey: 'account' })))
    await expect.poll(() => pushes.length).toBe(4)
    expect(most).toBe(1)
  })

  it('do not hold up another key', async () => {
    const blocked = Promise.withResolvers<number>()
    const { topic, texts } = await ordered(({ text }) => (text === 'slow' ? blocked.promise : 204))
    await publish(topic, 'slow', { orderingKey: 'one' })
    await publish(topic, 'behind', { orderingKey: 'one' })
    await publish(topic, 'quick', { orderingKey: 'two' })
    await expect.poll(() => texts().toSorted()).toEqual(['quick', 'slow'])
    blocked.resolve(204)
    await expect.poll(() => texts().at(-1)).toBe('behind')
  })

  itWith('prompt redelivery')('arrive in order, none lost, when 500 over 20 keys fail at random', async () => {
    const random = seeded(7)
    const done: [key: string, text: string][] = []
    const { topic } = await ordered(
      ({ orderingKey, text }) => {
        if (random() < 0.2) return 500
        done.push([orderingKey ?? '', text])
        return 204
      },
      { retryPolicy: { minimumBackoff: { nanos: 1_000_000 }, maximumBackoff: { nanos: 20_000_000 } } },
    )
    const sent = Array.from({ length: 500 }, (_, index) => ({ orderingKey: `key-${index % 20}`, text: String(index) }))
    await Promise.all(sent.map(({ orderingKey, text }) => publish(topic, text, { orderingKey })))
    await expect.poll(() => done.length).toBe(500)
    for (const key of new Set(sent.map(({ orderingKey }) => orderingKey))) {
      const expected = sent.filter(({ orderingKey }) => orderingKey === key).map(({ text }) => text)
      expect(done.filter(([doneKey]) => doneKey === key).map(([, text]) => text)).toEqual(expected)
    }
  })

  it('are free of each other on a subscription without ordering', async () => {
    const blocked = Promise.withResolvers<number>()
    const { topic, texts } = await ordered(({ text }) => (text === 'slow' ? blocked.promise : 204), { enableMessageOrdering: false })
    await publish(topic, 'slow', { orderingKey: 'one' })
    await publish(topic, 'quick', { orderingKey: 'one' })
    await expect.poll(() => texts().toSorted()).toEqual(['quick', 'slow'])
    blocked.resolve(204)
  })
})

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
const seeded = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
}
