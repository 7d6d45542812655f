import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { applyTopics } from '../../../../../scripts/local/prepare/topics.ts'
import { type Pubsub, startPubsub } from '../../../../../scripts/local/pubsub/start.ts'
import type { Pipeline, Subscription } from '../../../../../scripts/pipeline.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'topics-'))
let server: Pubsub
let pubsub: PubSub
beforeAll(async () => {
  server = await startPubsub({ dataDir, port: 0 })
  pubsub = new PubSub({ projectId: 'topics', apiEndpoint: `${server.host}:${server.port}`, emulatorMode: true })
})
afterAll(async () => {
  await pubsub.close()
  await server.close()
  rmSync(dataDir, { recursive: true })
})

const reader = (changes: Partial<Subscription> = {}): Subscription => ({
  name: 'reader.orders',
  step: 'reader',
  topic: 'orders',
  ordered: true,
  filter: 'attributes.route = "direct"',
  ack_deadline_s: 60,
  retry: { min_backoff_s: 0.5, max_backoff_s: 60 },
  dead_letter_after: 30,
  idle: false,
  ...changes,
})

const pipeline = (subscriptions: Subscription[]): Pipeline => ({
  steps: {},
  topics: ['orders', 'dead-letters'],
  subscriptions,
  schedules: [],
  faults: [],
})

const apply = ({ subscriptions = [reader()], port = 1, backlog = 0 } = {}) =>
  applyTopics(pubsub, {
    pipeline: pipeline(subscriptions),
    endpointOf: step => `http://127.0.0.1:${port}/${step}`,
    backlogOf: async () => backlog,
  })

const stored = async () => (await pubsub.subscription('reader.orders').getMetadata())[0]

describe('topics and subscriptions of the plan', () => {
  it('are made as the plan has them', async () => {
    await apply()
    expect(await stored()).toMatchObject({
      topic: 'projects/topics/topics/orders',
      pushConfig: { pushEndpoint: 'http://127.0.0.1:1/reader' },
      ackDeadlineSeconds: 60,
      enableMessageOrdering: true,
      filter: 'attributes.route = "direct"',
      deadLetterPolicy: { deadLetterTopic: 'projects/topics/topics/dead-letters', maxDeliveryAttempts: 30 },
    })
  })

  it('stay as they are the second time', async () => {
    const before = await stored()
    await apply()
    expect(await stored()).toEqual(before)
  })

  it('are changed where the plan was', async () => {
    await apply({ subscriptions: [reader({ ack_deadline_s: 30, dead_letter_after: null })], port: 2 })
    expect(await stored()).toMatchObject({ pushConfig: { pushEndpoint: 'http://127.0.0.1:2/reader' }, ackDeadlineSeconds: 30 })
    expect((await stored()).deadLetterPolicy?.maxDeliveryAttempts ?? null).toBeNull()
  })

  it('are not made anew over messages that wait', async () => {
    const other = { subscriptions: [reader({ filter: 'attributes.route = "gateway"' })] }
    await expect(apply({ ...other, backlog: 3 })).rejects.toThrow('3 messages wait in subscription reader.orders')
    expect((await stored()).filter).toBe('attributes.route = "direct"')
    await apply(other)
    expect((await stored()).filter).toBe('attributes.route = "gateway"')
  })

  it('are left out, with what waits in them, while their step has nothing to do', async () => {
    const idle = { subscriptions: [reader({ filter: 'attributes.route = "gateway"', idle: true })], backlog: 3 }
    await apply(idle)
    expect((await pubsub.getSubscriptions())[0]).toEqual([])
    await apply()
    expect((await stored()).filter).toBe('attributes.route = "direct"')
  })

  it('are removed when the plan no longer has them', async () => {
    await apply({ subscriptions: [] })
    expect((await pubsub.getSubscriptions())[0]).toEqual([])
  })
})
