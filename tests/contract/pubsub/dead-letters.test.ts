import { describe, expect, it } from 'vitest'
import { itWith, type Push, publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, projectId, name } = await serverUnderTest()

const withDeadLetters = async (answer: (push: Push) => number, options: object = {}) => {
  const [endpoint, dead] = [await pushEndpoint(answer), await pushEndpoint()]
  const [source] = await pubsub.createTopic(name('source'))
  const [graveyard] = await pubsub.createTopic(name('dead-letters'))
  await graveyard.createSubscription(name('dead-letters'), { pushEndpoint: dead.url })
  const subscriptionName = name('failing')
  const [subscription] = await source.createSubscription(subscriptionName, {
    pushEndpoint: endpoint.url,
    deadLetterPolicy: { deadLetterTopic: graveyard.name, maxDeliveryAttempts: 5 },
    ...options,
  })
  return { topic: pubsub.topic(source.name, { messageOrdering: true }), graveyard, endpoint, dead, subscription, subscriptionName }
}

describe('a dead letter policy', () => {
  itWith('push metadata')('counts delivery attempts from 1 in each push', async () => {
    const { topic, endpoint } = await withDeadLetters(({ deliveryAttempt }) => (deliveryAttempt === 3 ? 204 : 500))
    await publish(topic, 'third time')
    await expect.poll(() => endpoint.pushes.map(push => push.deliveryAttempt)).toEqual([1, 2, 3])
  })

  it('forwards a message after its last attempt, with where, how often and when', async () => {
    const { topic, endpoint, dead, subscriptionName } = await withDeadLetters(() => 500)
    const id = await publish(topic, 'poison', { attributes: { route: 'paper' } })
    await expect.poll(dead.texts).toEqual(['poison'])
    expect(endpoint.pushes).toHaveLength(5)
    expect(dead.pushes[0]?.messageId).not.toBe(id)
    expect(dead.pushes[0]?.attributes).toEqual({
      route: 'paper',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
      CloudPubSubDeadLetterSourceSubscription: subscriptionName,
      CloudPubSubDeadLetterSourceSubscriptionProject: projectId,
      CloudPubSubDeadLetterSourceTopicPublishTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\+00:00|Z)$/u),
    })
  })

  itWith('prompt redelivery')('lets the messages behind it on its ordering key go on, in order', async () => {
    const { topic, endpoint, dead } = await withDeadLetters(({ text }) => (text === 'poison' ? 500 : 204), { enableMessageOrdering: true })
    await Promise.all(['poison', 'b', 'c'].map(text => publish(topic, text, { orderingKey: 'account' })))
    await expect.poll(() => endpoint.texts().slice(5)).toEqual(['b', 'c'])
    await expect.poll(() => dead.pushes.map(({ text, orderingKey }) => [text, orderingKey])).toEqual([['poison', 'account']])
  })

  itWith('push metadata')('goes on delivering while its topic is gone', async () => {
    const { topic, graveyard, endpoint } = await withDeadLetters(({ deliveryAttempt }) => (deliveryAttempt === 7 ? 204 : 500))
    await graveyard.delete()
    await publish(topic, 'nowhere to go')
    await expect.poll(() => endpoint.pushes.at(-1)?.deliveryAttempt).toBe(7)
  })
})
