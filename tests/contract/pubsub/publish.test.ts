import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { itWith, publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, publisher, name, topicPath } = await serverUnderTest()
const newTopic = async () => (await pubsub.createTopic(name('topic')))[0]
const refused = { code: status.INVALID_ARGUMENT }

describe('publishing', () => {
  it('gives every message an id of its own, in the order of the request', async () => {
    const topic = topicPath(name('ids'))
    await publisher.createTopic({ name: topic })
    const [{ messageIds }] = await publisher.publish({ topic, messages: ['a', 'b', 'c'].map(text => ({ data: Buffer.from(text) })) })
    expect(new Set(messageIds).size).toBe(3)
    expect(messageIds?.map(Number)).toEqual(messageIds?.map(Number).toSorted((a, b) => a - b))
  })

  it('refuses a message with neither data nor attributes', async () => {
    await expect(publish(await newTopic(), '')).rejects.toMatchObject(refused)
  })

  it('takes a message with attributes alone', async () => {
    expect(await publish(await newTopic(), '', { attributes: { only: 'this' } })).toMatch(/^\d+$/u)
  })

  it('refuses an empty request', async () => {
    const topic = await newTopic()
    await expect(publisher.publish({ topic: topic.name, messages: [] })).rejects.toMatchObject(refused)
  })

  itWith('size limits')('refuses more than 10 MB', async () => {
    await expect(publish(await newTopic(), 'x'.repeat(10 * 1024 * 1024 + 1))).rejects.toMatchObject(refused)
  })

  it('delivers a large message whole', async () => {
    const topic = await newTopic()
    const endpoint = await pushEndpoint()
    await topic.createSubscription(name('large'), { pushEndpoint: endpoint.url })
    await publish(topic, 'x'.repeat(5_000_000))
    await expect.poll(() => endpoint.pushes.map(({ text }) => text.length)).toEqual([5_000_000])
  })

  itWith('size limits').each([
    ['a key over 256 bytes', { ['k'.repeat(257)]: 'v' }],
    ['an empty key', { '': 'v' }],
    ['a value over 1024 bytes', { k: 'v'.repeat(1025) }],
    ['a key that starts with goog', { google: 'v' }],
    ['more than 100 attributes', Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`k${index}`, 'v']))],
  ])('refuses %s', async (_what, attributes) => {
    await expect(publish(await newTopic(), 'x', { attributes })).rejects.toMatchObject(refused)
  })

  it('reaches every subscription of the topic', async () => {
    const topic = await newTopic()
    const endpoints = [await pushEndpoint(), await pushEndpoint()]
    for (const { url } of endpoints) await topic.createSubscription(name('fan-out'), { pushEndpoint: url })
    const id = await publish(topic, 'to all')
    for (const { pushes } of endpoints) await expect.poll(() => pushes.map(({ messageId }) => messageId)).toEqual([id])
  })

  it('fails what follows a failed message on its ordering key, and goes on once resumePublishing is called', async () => {
    const created = await newTopic()
    const endpoint = await pushEndpoint()
    await created.createSubscription(name('resumed'), { pushEndpoint: endpoint.url, enableMessageOrdering: true })
    const topic = pubsub.topic(created.name, { messageOrdering: true, batching: { maxMessages: 1 } })
    await publish(topic, 'one', { orderingKey: 'account' })
    const failing = ['', 'behind it'].map(text => publish(topic, text, { orderingKey: 'account' }))
    expect((await Promise.allSettled(failing)).map(({ status: outcome }) => outcome)).toEqual(['rejected', 'rejected'])
    topic.resumePublishing('account')
    await publish(topic, 'two', { orderingKey: 'account' })
    await expect.poll(endpoint.texts).toEqual(['one', 'two'])
  })
})
