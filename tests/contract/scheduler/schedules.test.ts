import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudSchedulerClient } from '@google-cloud/scheduler'
import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openJobBook } from '../../../scripts/local/scheduler/job-book.ts'
import { createScheduler, type Scheduler } from '../../../scripts/local/scheduler/scheduler.ts'
import { serveScheduler } from '../../../scripts/local/scheduler/server.ts'
import { openSchedules, type Schedules, TimeTableRefused } from '../../../shared/cloud/schedules.ts'

const plan = [
  { step: 'sync-accounts', topic: 'run-sync-accounts', cron: '*/5 * * * *', time_zone: 'UTC' },
  { step: 'optimize-portfolio', topic: 'run-optimize-portfolio', cron: '0 0 * * *', time_zone: 'America/New_York' },
]
const folder = mkdtempSync(join(tmpdir(), 'schedules-'))
const file = join(folder, 'schedules.json')
const location = 'projects/p/locations/us-east4'

let time = new Date('2026-03-04T10:01:00Z')
const runs: string[] = []
let scheduler: Scheduler
let server: Awaited<ReturnType<typeof serveScheduler>>
let adapter: Schedules
let client: CloudSchedulerClient

const start = async () => {
  scheduler = createScheduler({ book: openJobBook(plan, file), now: () => time, run: ({ topic }) => void runs.push(topic) })
  server = await serveScheduler(scheduler, 0)
  const CLOUD_SCHEDULER_EMULATOR_HOST = `127.0.0.1:${server.port}`
  adapter = openSchedules({ GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_REGION: 'us-east4', CLOUD_SCHEDULER_EMULATOR_HOST })
  client = new CloudSchedulerClient({ apiEndpoint: '127.0.0.1', port: server.port, sslCreds: credentials.createInsecure(), projectId: 'p' })
}
const stop = async () => {
  await client.close()
  server.close()
}
const named = async (step: string) => (await adapter.list()).find(each => each.step === step)

beforeAll(start)
beforeEach(() => {
  runs.length = 0
})
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
})

describe('the adapter of Cloud Scheduler', () => {
  it('lists each step with its state, its last and its next run', async () => {
    expect(await adapter.list()).toEqual([
      {
        step: 'sync-accounts',
        cron: '*/5 * * * *',
        time_zone: 'UTC',
        state: 'ENABLED',
        last_run: null,
        next_run: new Date('2026-03-04T10:05:00Z'),
        changed_at: null,
      },
      expect.objectContaining({ step: 'optimize-portfolio', next_run: new Date('2026-03-05T05:00:00Z') }),
    ])
  })

  it('starts a run at once', async () => {
    expect(await adapter.run('optimize-portfolio')).toMatchObject({ last_run: time })
    expect(runs).toEqual(['run-optimize-portfolio'])
  })

  it('answers null for a step that nothing starts', async () => {
    expect(await adapter.pause('cerebro')).toBeNull()
  })

  it('tells a wrong time table from other faults, and changes nothing by it', async () => {
    for (const table of [
      { cron: '99 * * * *', time_zone: 'UTC' },
      { cron: '* * * * * *', time_zone: 'UTC' },
      { cron: '* * * * *', time_zone: 'Mars/Base' },
    ])
      await expect(adapter.change('sync-accounts', table)).rejects.toThrow(TimeTableRefused)
    expect(await named('sync-accounts')).toMatchObject({ cron: '*/5 * * * *', changed_at: null })
  })

  it('pauses and re-times what then neither runs nor is forgotten over a restart', async () => {
    expect(await adapter.pause('sync-accounts')).toMatchObject({ state: 'PAUSED', next_run: null })
    await adapter.change('optimize-portfolio', { cron: '30 1 * * *', time_zone: 'UTC' })
    await stop()
    await start()
    time = new Date('2026-03-04T11:00:00Z')
    scheduler.tick()
    expect(runs).toEqual([])
    expect(await named('sync-accounts')).toMatchObject({ state: 'PAUSED' })
    expect(await named('optimize-portfolio')).toMatchObject({ cron: '30 1 * * *', next_run: new Date('2026-03-05T01:30:00Z') })
    expect(await adapter.resume('sync-accounts')).toMatchObject({ state: 'ENABLED', next_run: new Date('2026-03-04T11:05:00Z') })
    time = new Date('2026-03-04T11:05:00Z')
    scheduler.tick()
    expect(runs).toEqual(['run-sync-accounts'])
  })
})

describe('the local scheduler', () => {
  const name = `${location}/jobs/sync-accounts`

  it('is a Cloud Scheduler to its official client', async () => {
    const [job] = await client.getJob({ name })
    expect(job).toMatchObject({
      name,
      schedule: '*/5 * * * *',
      state: 'ENABLED',
      pubsubTarget: { topicName: 'projects/p/topics/run-sync-accounts' },
    })
    const [changed] = await client.updateJob({ job: { name, schedule: '0 * * * *' }, updateMask: { paths: ['schedule'] } })
    expect(changed).toMatchObject({ schedule: '0 * * * *', timeZone: 'UTC' })
  })

  it('refuses by name what it does not do', async () => {
    await expect(client.getJob({ name: `${location}/jobs/nothing` })).rejects.toMatchObject({ code: 5 })
    await expect(client.deleteJob({ name })).rejects.toThrow('DeleteJob is not implemented by the local scheduler')
    const update = { job: { name, description: 'x' }, updateMask: { paths: ['description'] } }
    await expect(client.updateJob(update)).rejects.toMatchObject({ code: 12 })
  })
})
