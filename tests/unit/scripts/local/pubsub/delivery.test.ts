import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDeliverer } from '../../../../../scripts/local/pubsub/delivery.ts'
import type { Message } from '../../../../../scripts/local/pubsub/messages.ts'
import { createPusher } from '../../../../../scripts/local/pubsub/push.ts'
import { openStorage, type Storage } from '../../../../../scripts/local/pubsub/storage.ts'
import { newSubscription } from '../../../../../scripts/local/pubsub/subscriptions.ts'

const DAY_MS = 86_400_000
const name = 'projects/demo/subscriptions/kept'

describe('a subscription that keeps its messages for 7 days', () => {
  let dataDir = ''
  let storage: Storage
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pubsub-delivery-'))
    storage = openStorage(dataDir)
  })
  afterEach(async () => {
    storage.close()
    await rm(dataDir, { recursive: true })
  })

  const holding = async (publishedMs: readonly number[]) => {
    const config = newSubscription({ name, topic: 'projects/demo/topics/any' })
    const deliverer = createDeliverer({ config, storage, pusher: createPusher(undefined), forward: () => false })
    const messages = publishedMs.map(
      (ms, index): Message => ({ id: index + 1, data: Buffer.from('x'), attributes: {}, orderingKey: '', publishedMs: ms, holders: 1 }),
    )
    await storage.saveMessages(messages.map(message => ({ message, subscriptions: [name] })))
    for (const message of messages) deliverer.accept(message)
    return deliverer
  }

  it('drops the older ones, from the disk too', async () => {
    const deliverer = await holding([0, 1 * DAY_MS, 6 * DAY_MS])
    deliverer.dropExpired(8.5 * DAY_MS)
    expect(deliverer.stats(8.5 * DAY_MS)).toEqual({ subscription: name, backlog: 1, oldest_age_ms: 2.5 * DAY_MS, outstanding: 0 })
    await storage.settled()
    expect(storage.load().deliveries.map(({ message }) => message.id)).toEqual([3])
  })

  it('leaves one that is being delivered', async () => {
    const deliverer = await holding([0, 0])
    await deliverer.pull({ most: 1, waitMs: 0, signal: new AbortController().signal })
    deliverer.dropExpired(30 * DAY_MS)
    expect(deliverer.stats(0)).toMatchObject({ backlog: 1, outstanding: 1 })
    deliverer.close()
  })
})
