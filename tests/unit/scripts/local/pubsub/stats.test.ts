import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PubSub } from '@google-cloud/pubsub'
import { describe, expect, it } from 'vitest'
import { startPubsub } from '../../../../../scripts/local/pubsub/start.ts'

process.env.METADATA_SERVER_DETECTION = 'none'

describe('GET /stats', () => {
  it('shows backlog, age and outstanding pushes of each subscription', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'pubsub-stats-'))
    const server = await startPubsub({ dataDir, port: 0, statsPort: 0 })
    process.env.PUBSUB_EMULATOR_HOST = `${server.host}:${server.port}`
    const pubsub = new PubSub({ projectId: 'demo' })
    const [topic] = await pubsub.createTopic('orders')
    await topic.createSubscription('waiting')
    await topic.publishMessage({ data: Buffer.from('x') })
    const shown = await (await fetch(`http://127.0.0.1:${server.statsPort}/stats`)).json()
    expect(shown).toEqual([
      { subscription: 'projects/demo/subscriptions/waiting', backlog: 1, oldest_age_ms: expect.any(Number), outstanding: 0 },
    ])
    expect((await fetch(`http://127.0.0.1:${server.statsPort}/other`)).status).toBe(404)
    await pubsub.close()
    await server.close()
    await rm(dataDir, { recursive: true })
  })
})
