import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { embeddedServer, publish, pushEndpoint } from './harness.ts'

const { pubsub, publisher, subscriber, projectId, name, topicPath, subscriptionPath } = await embeddedServer()
const topic = topicPath('refusing')
await pubsub.createTopic('refusing')

const subscribing = (fields: object) => () => subscriber.createSubscription({ name: subscriptionPath(name('refused')), topic, ...fields })

const refusals: [feature: string, call: () => Promise<unknown>][] = [
  ['Seek', () => subscriber.seek({ subscription: subscriptionPath('any') })],
  [
    'CreateSnapshot',
    () => subscriber.createSnapshot({ name: `projects/${projectId}/snapshots/any`, subscription: subscriptionPath('any') }),
  ],
  ['ListSnapshots', () => subscriber.listSnapshots({ project: `projects/${projectId}` })],
  ['ListTopicSnapshots', () => publisher.listTopicSnapshots({ topic })],
  ['DetachSubscription', () => publisher.detachSubscription({ subscription: subscriptionPath('any') })],
  ['Schemas', () => publisher.createTopic({ name: topicPath(name('schema')), schemaSettings: { schema: 'any' } })],
  ['message_transforms', () => publisher.createTopic({ name: topicPath(name('transform')), messageTransforms: [{ disabled: true }] })],
  ['Exactly-once delivery', subscribing({ enableExactlyOnceDelivery: true })],
  ['BigQuery export', subscribing({ bigqueryConfig: { table: 'a.b.c' } })],
  ['Cloud Storage export', subscribing({ cloudStorageConfig: { bucket: 'any' } })],
  ['push_config.no_wrapper', subscribing({ pushConfig: { pushEndpoint: 'http://127.0.0.1:9/', noWrapper: {} } })],
  ['message_transforms', subscribing({ messageTransforms: [{ disabled: true }] })],
]

describe('the embedded server', () => {
  it('sends the configured bearer token with each push', async () => {
    const { url, pushes } = await pushEndpoint()
    const [pushed] = await pubsub.createTopic(name('token'))
    await pushed.createSubscription(name('token'), { pushEndpoint: url })
    await publish(pushed, 'who are you')
    await expect.poll(() => pushes[0]?.headers.authorization).toBe('Bearer push-token')
  })

  it('refuses to pull from a push subscription', async () => {
    const subscription = subscriptionPath(name('pushing'))
    await subscriber.createSubscription({ name: subscription, topic, pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' } })
    await expect(subscriber.pull({ subscription, maxMessages: 1 })).rejects.toMatchObject({ code: status.FAILED_PRECONDITION })
  })
})

describe('what the embedded server does not do', () => {
  for (const [feature, call] of refusals) {
    it(`is refused by name: ${feature}`, async () => {
      await expect(call()).rejects.toMatchObject({ code: status.UNIMPLEMENTED, message: expect.stringContaining(feature) })
    })
  }
})
