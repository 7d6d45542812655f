import { describe, expect, it } from 'vitest'
import { publish, pushEndpoint, serverUnderTest } from './harness.ts'

const { pubsub, name } = await serverUnderTest()

describe('an ack deadline', () => {
  it('that passes delivers the push a second time, in parallel with the first', async () => {
    const never = Promise.withResolvers<number>()
    const answers: (number | Promise<number>)[] = [never.promise]
    const endpoint = await pushEndpoint(() => answers.shift() ?? 204)
    const [topic] = await pubsub.createTopic(name('slow'))
    await topic.createSubscription(name('slow'), { pushEndpoint: endpoint.url, ackDeadlineSeconds: 10 })
    await publish(topic, 'slow')
    await expect.poll(endpoint.texts).toEqual(['slow', 'slow'])
    const waitedMs = (endpoint.pushes[1]?.atMs ?? 0) - (endpoint.pushes[0]?.atMs ?? 0)
    expect(waitedMs).toBeGreaterThan(9_900)
    never.resolve(204)
  })
})
