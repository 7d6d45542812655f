import type { Message, Subscription } from '@google-cloud/pubsub'
import { status } from '@grpc/grpc-js'
import { afterAll, describe, expect, it } from 'vitest'
import { publish, serverUnderTest } from './harness.ts'

const { pubsub, subscriber, name, subscriptionPath } = await serverUnderTest()

const subscribed = async (options: object = {}) => {
  const [created] = await pubsub.createTopic(name('streamed'))
  const [subscription] = await created.createSubscription(name('streamed'), options)
  return { topic: pubsub.topic(created.name, { messageOrdering: true, batching: { maxMilliseconds: 0 } }), subscription }
}

/** What a subscription's listener gets; each message is answered as `answer` says. */
const listenTo = (subscription: Subscription, answer: (message: Message, count: number) => void = message => message.ack()) => {
  const messages: Message[] = []
  const errors: { code?: number }[] = []
  subscription.on('message', (message: Message) => {
    messages.push(message)
    answer(message, messages.length)
  })
  subscription.on('error', error => errors.push(error))
  afterAll(() => subscription.close())
  return { messages, errors, texts: () => messages.map(({ data }) => data.toString()) }
}

describe('a listener of the official client', () => {
  it('gets what was there before it and what comes later, with attributes and ordering key', async () => {
    const { topic, subscription } = await subscribed()
    const id = await publish(topic, 'before', { attributes: { route: 'direct' }, orderingKey: 'account' })
    const { messages, texts } = listenTo(subscription)
    await expect.poll(texts).toEqual(['before'])
    await publish(topic, 'after')
    await expect.poll(texts).toEqual(['before', 'after'])
    expect(messages[0]).toMatchObject({ id, attributes: { route: 'direct' }, orderingKey: 'account' })
  })

  it('leaves nothing behind of what it acknowledged', async () => {
    const { topic, subscription } = await subscribed()
    const { texts } = listenTo(subscription)
    await publish(topic, 'once')
    await expect.poll(texts).toEqual(['once'])
    await subscription.close()
    const [{ receivedMessages }] = await subscriber.pull({ subscription: subscription.name, maxMessages: 1, returnImmediately: true })
    expect(receivedMessages).toEqual([])
  })

  it('gets again what it gave back', async () => {
    const { topic, subscription } = await subscribed()
    const { texts } = listenTo(subscription, (message, count) => (count === 1 ? message.nack() : message.ack()))
    await publish(topic, 'again')
    await expect.poll(texts).toEqual(['again', 'again'])
  })

  it('gets each ordering key in order', async () => {
    const { topic, subscription } = await subscribed({ enableMessageOrdering: true })
    const sent = Array.from({ length: 20 }, (_, index) => String(index))
    await Promise.all(sent.map(text => publish(topic, text, { orderingKey: 'account' })))
    const { texts } = listenTo(subscription)
    await expect.poll(texts).toEqual(sent)
  })

  it('is told that its subscription is not there', async () => {
    const { errors } = listenTo(pubsub.subscription(subscriptionPath('nothing')))
    await expect.poll(() => errors[0]?.code).toBe(status.NOT_FOUND)
  })
})
