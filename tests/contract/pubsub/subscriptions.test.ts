import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { itWith, publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, subscriber, projectId, name, topicPath, subscriptionPath } = await serverUnderTest()
const topic = topicPath('shared')
await pubsub.createTopic('shared')

const refused = (fields: object) =>
  expect(subscriber.createSubscription({ name: subscriptionPath(name('bad')), topic, ...fields })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  })

describe('subscriptions', () => {
  it('are created with the defaults of the service, found, listed and deleted', async () => {
    const path = subscriptionPath(name('life'))
    await subscriber.createSubscription({ name: path, topic })
    const [found] = await subscriber.getSubscription({ subscription: path })
    expect(found).toMatchObject({ name: path, topic, ackDeadlineSeconds: 10, messageRetentionDuration: { seconds: '604800' } })
    const [listed] = await subscriber.listSubscriptions({ project: `projects/${projectId}` })
    expect(listed.map(each => each.name)).toContain(path)
    await subscriber.deleteSubscription({ subscription: path })
    await expect(subscriber.getSubscription({ subscription: path })).rejects.toMatchObject({ code: status.NOT_FOUND })
  })

  it('return what they were created with', async () => {
    const path = subscriptionPath(name('full'))
    const { url } = await pushEndpoint()
    const asked = {
      name: path,
      topic,
      ackDeadlineSeconds: 60,
      enableMessageOrdering: true,
      labels: { step: 'cerebro' },
      pushConfig: { pushEndpoint: url, oidcToken: { serviceAccountEmail: 'push@demo.iam.gserviceaccount.com', audience: 'steps' } },
      retryPolicy: { minimumBackoff: { seconds: '1', nanos: 500_000_000 }, maximumBackoff: { seconds: '20', nanos: 0 } },
      deadLetterPolicy: { deadLetterTopic: topic, maxDeliveryAttempts: 7 },
    }
    await subscriber.createSubscription(asked)
    expect((await subscriber.getSubscription({ subscription: path }))[0]).toMatchObject(asked)
  })

  it('are refused a second time with ALREADY_EXISTS', async () => {
    const path = subscriptionPath(name('twice'))
    await subscriber.createSubscription({ name: path, topic })
    await expect(subscriber.createSubscription({ name: path, topic })).rejects.toMatchObject({ code: status.ALREADY_EXISTS })
  })

  it('of a topic that does not exist are NOT_FOUND', async () => {
    await expect(
      subscriber.createSubscription({ name: subscriptionPath(name('lost')), topic: topicPath('missing') }),
    ).rejects.toMatchObject({
      code: status.NOT_FOUND,
    })
  })

  it('that do not exist are NOT_FOUND, for each call', async () => {
    const subscription = subscriptionPath('missing')
    const gone = { code: status.NOT_FOUND }
    await expect(subscriber.getSubscription({ subscription })).rejects.toMatchObject(gone)
    await expect(subscriber.deleteSubscription({ subscription })).rejects.toMatchObject(gone)
    await expect(subscriber.pull({ subscription, maxMessages: 1 })).rejects.toMatchObject(gone)
    await expect(subscriber.acknowledge({ subscription, ackIds: ['1'] })).rejects.toMatchObject(gone)
    await expect(subscriber.modifyAckDeadline({ subscription, ackIds: ['1'], ackDeadlineSeconds: 10 })).rejects.toMatchObject(gone)
    await expect(subscriber.modifyPushConfig({ subscription, pushConfig: {} })).rejects.toMatchObject(gone)
    await expect(
      subscriber.updateSubscription({
        subscription: { name: subscription, ackDeadlineSeconds: 20 },
        updateMask: { paths: ['ack_deadline_seconds'] },
      }),
    ).rejects.toMatchObject(gone)
  })

  it.each([
    ['an ack deadline over 600 s', { ackDeadlineSeconds: 601 }],
    ['a retention under 10 minutes', { messageRetentionDuration: { seconds: 599 } }],
    ['a retention over 31 days', { messageRetentionDuration: { seconds: 2_678_401 } }],
    ['a back-off over 600 s', { retryPolicy: { minimumBackoff: { seconds: 601 } } }],
    ['an endpoint that is no URL', { pushConfig: { pushEndpoint: 'somewhere' } }],
  ])('are refused %s with INVALID_ARGUMENT', (_what, fields) => refused(fields))

  itWith('ack deadline limits')('are refused an ack deadline under 10 s', () => refused({ ackDeadlineSeconds: 9 }))

  itWith('attempt limits').each([4, 101])('are refused %i delivery attempts', maxDeliveryAttempts =>
    refused({ deadLetterPolicy: { deadLetterTopic: topic, maxDeliveryAttempts } }),
  )

  it('are refused a dead letter topic that does not exist', async () => {
    const deadLetterPolicy = { deadLetterTopic: topicPath('missing'), maxDeliveryAttempts: 5 }
    await expect(subscriber.createSubscription({ name: subscriptionPath(name('dead')), topic, deadLetterPolicy })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    })
  })

  it('change only what the mask of an update names', async () => {
    const path = subscriptionPath(name('masked'))
    await subscriber.createSubscription({ name: path, topic, ackDeadlineSeconds: 20, labels: { step: 'cerebro' } })
    await subscriber.updateSubscription({
      subscription: { name: path, ackDeadlineSeconds: 30, labels: { step: 'other' } },
      updateMask: { paths: ['ack_deadline_seconds'] },
    })
    expect((await subscriber.getSubscription({ subscription: path }))[0]).toMatchObject({
      ackDeadlineSeconds: 30,
      labels: { step: 'cerebro' },
    })
  })

  it('lose a policy that the mask names and the request leaves out', async () => {
    const path = subscriptionPath(name('cleared'))
    await subscriber.createSubscription({ name: path, topic, retryPolicy: { minimumBackoff: { seconds: 1 } } })
    await subscriber.updateSubscription({ subscription: { name: path }, updateMask: { paths: ['retry_policy'] } })
    expect((await subscriber.getSubscription({ subscription: path }))[0].retryPolicy ?? null).toBeNull()
  })

  it.each(['filter', 'enable_message_ordering', 'topic', 'name', 'retryPolicy', 'retry_policy.minimum_backoff', 'nonsense'])(
    'refuse an update of %s with INVALID_ARGUMENT and keep what they had',
    async path => {
      const subscription = subscriptionPath(name('immutable'))
      await subscriber.createSubscription({ name: subscription, topic, labels: { kept: 'yes' } })
      const request = { subscription: { name: subscription, filter: 'attributes:b' }, updateMask: { paths: [path, 'labels'] } }
      await expect(subscriber.updateSubscription(request)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
      expect((await subscriber.getSubscription({ subscription }))[0].labels).toEqual({ kept: 'yes' })
    },
  )

  it('refuse an update without a mask', async () => {
    const path = subscriptionPath(name('maskless'))
    await subscriber.createSubscription({ name: path, topic })
    await expect(subscriber.updateSubscription({ subscription: { name: path, ackDeadlineSeconds: 30 } })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    })
  })

  it('deliver to the new endpoint once their push config is changed', async () => {
    const [mine] = await pubsub.createTopic(name('moving'))
    const [before, after] = [await pushEndpoint(), await pushEndpoint()]
    const [subscription] = await mine.createSubscription(name('moving'), { pushEndpoint: before.url })
    await publish(mine, 'first')
    await expect.poll(before.texts).toEqual(['first'])
    await subscription.modifyPushConfig({ pushEndpoint: after.url })
    await publish(mine, 'second')
    await expect.poll(after.texts).toEqual(['second'])
    expect(before.texts()).toEqual(['first'])
  })

  it('turn from pull to push with what they hold', async () => {
    const [mine] = await pubsub.createTopic(name('turning'))
    const endpoint = await pushEndpoint()
    const [subscription] = await mine.createSubscription(name('turning'))
    await publish(mine, 'held')
    await subscription.modifyPushConfig({ pushEndpoint: endpoint.url })
    await expect.poll(endpoint.texts).toEqual(['held'])
  })

  it('that are deleted stop pushing, and a new one of the name starts empty', async () => {
    const [mine] = await pubsub.createTopic(name('ending'))
    const [old, fresh] = [await pushEndpoint(() => 500), await pushEndpoint()]
    const short = name('ending')
    const [subscription] = await mine.createSubscription(short, { pushEndpoint: old.url })
    await publish(mine, 'unacknowledged')
    await expect.poll(() => old.pushes.length).toBeGreaterThan(0)
    await subscription.delete()
    await mine.createSubscription(short, { pushEndpoint: fresh.url })
    await publish(mine, 'new')
    await expect.poll(fresh.texts).toEqual(['new'])
  })
})
