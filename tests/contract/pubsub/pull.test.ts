import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { itWith, publish, serverUnderTest } from './harness.ts'

const { pubsub, subscriber, name, subscriptionPath } = await serverUnderTest()

const pulled = async (options: object = {}) => {
  const [created] = await pubsub.createTopic(name('pulled'))
  const short = name('pulled')
  await created.createSubscription(short, options)
  const subscription = subscriptionPath(short)
  const pull = async (maxMessages = 10, returnImmediately = false) =>
    (await subscriber.pull({ subscription, maxMessages, returnImmediately }))[0].receivedMessages ?? []
  const textsOf = (received: Awaited<ReturnType<typeof pull>>) => received.map(({ message }) => String(message?.data))
  const idsOf = (received: Awaited<ReturnType<typeof pull>>) => received.map(({ ackId }) => ackId ?? '')
  return {
    topic: pubsub.topic(created.name, { messageOrdering: true, batching: { maxMilliseconds: 0 } }),
    subscription,
    pull,
    textsOf,
    idsOf,
  }
}

describe('pull', () => {
  it('gives what is there with its id, attributes and publish time', async () => {
    const { topic, pull } = await pulled()
    const id = await publish(topic, 'hello', { attributes: { route: 'paper' } })
    const [received] = await pull()
    expect(received?.message).toMatchObject({ messageId: id, attributes: { route: 'paper' } })
    expect(String(received?.message?.data)).toBe('hello')
    expect(Math.abs(Date.now() / 1000 - Number(received?.message?.publishTime?.seconds))).toBeLessThan(60)
  })

  it('gives no more than was asked for, and not twice what is outstanding', async () => {
    const { topic, pull, textsOf } = await pulled()
    for (const text of ['a', 'b', 'c']) await publish(topic, text)
    const first = textsOf(await pull(2))
    const second = textsOf(await pull(2))
    expect(first).toHaveLength(2)
    expect([...first, ...second].toSorted()).toEqual(['a', 'b', 'c'])
    expect(await pull(2, true)).toEqual([])
  })

  it('waits for a message where there is none', async () => {
    const { topic, pull, textsOf } = await pulled()
    const waiting = pull()
    await publish(topic, 'late')
    expect(textsOf(await waiting)).toEqual(['late'])
  })

  it('is refused without a number of messages', async () => {
    const { pull } = await pulled()
    await expect(pull(0)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  it('does not give again what was acknowledged', async () => {
    const { topic, subscription, pull, idsOf } = await pulled()
    await publish(topic, 'once')
    await subscriber.acknowledge({ subscription, ackIds: idsOf(await pull()) })
    expect(await pull(1, true)).toEqual([])
  })

  it('gives again at once what was given back with a deadline of 0', async () => {
    const { topic, subscription, pull, textsOf, idsOf } = await pulled()
    await publish(topic, 'back')
    await subscriber.modifyAckDeadline({ subscription, ackIds: idsOf(await pull()), ackDeadlineSeconds: 0 })
    expect(textsOf(await pull())).toEqual(['back'])
  })

  it('gives again what was not acknowledged in time, and then takes the late acknowledgement calmly', async () => {
    const { topic, subscription, pull, textsOf, idsOf } = await pulled()
    await publish(topic, 'late')
    const expired = idsOf(await pull())
    await subscriber.modifyAckDeadline({ subscription, ackIds: expired, ackDeadlineSeconds: 1 })
    const again = await pull()
    expect(textsOf(again)).toEqual(['late'])
    await expect(subscriber.acknowledge({ subscription, ackIds: expired })).resolves.toBeDefined()
    await subscriber.acknowledge({ subscription, ackIds: idsOf(again) })
    expect(await pull(1, true)).toEqual([])
  })

  it('takes a longer deadline', async () => {
    const { topic, subscription, pull, idsOf } = await pulled()
    await publish(topic, 'kept')
    const ackIds = idsOf(await pull())
    await subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds: 600 })
    expect(await pull(1, true)).toEqual([])
  })

  itWith('ack deadline limits')('refuses a deadline over 600 s', async () => {
    const { topic, subscription, pull, idsOf } = await pulled()
    await publish(topic, 'kept')
    const request = { subscription, ackIds: idsOf(await pull()), ackDeadlineSeconds: 601 }
    await expect(subscriber.modifyAckDeadline(request)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })

  itWith('ordered redelivery to pulls')('keeps the order of a key over a message that was given back', async () => {
    const { topic, subscription, pull, textsOf, idsOf } = await pulled({ enableMessageOrdering: true })
    for (const text of ['a', 'b', 'c']) await publish(topic, text, { orderingKey: 'account' })
    await subscriber.modifyAckDeadline({ subscription, ackIds: idsOf(await pull(1)), ackDeadlineSeconds: 0 })
    const seen: string[] = []
    while (seen.length < 3) {
      const received = await pull(1)
      seen.push(...textsOf(received))
      await subscriber.acknowledge({ subscription, ackIds: idsOf(received) })
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('counts delivery attempts where a dead letter policy is set', async () => {
    const [graveyard] = await pubsub.createTopic(name('graveyard'))
    const { topic, subscription, pull, idsOf } = await pulled({
      deadLetterPolicy: { deadLetterTopic: graveyard.name, maxDeliveryAttempts: 5 },
    })
    await publish(topic, 'counted')
    const first = await pull()
    expect(first[0]?.deliveryAttempt).toBe(1)
    await subscriber.modifyAckDeadline({ subscription, ackIds: idsOf(first), ackDeadlineSeconds: 0 })
    expect((await pull())[0]?.deliveryAttempt).toBe(2)
  })
})
