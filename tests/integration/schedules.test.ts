import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { signInAs } from './people.ts'
import { type System, startSystem } from './system.ts'

let system: System
let admin: Record<string, string>

beforeAll(async () => {
  system = await startSystem()
  admin = await signInAs(system, 'admin')
})
afterAll(() => system.stop())

const ask = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${system.endpoints().api_url}/api/v1/schedules${path}`, {
    method,
    headers: { ...admin, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer: ReturnType<typeof JSON.parse> = await response.json()
  return { status: response.status, body: answer }
}
const schedule = async (step: string) => (await ask('GET', '')).body.schedules.find((each: { step: string }) => each.step === step)

describe('schedules', () => {
  it('are listed with what they do next, for an admin alone', async () => {
    expect(await schedule('optimize-portfolio')).toMatchObject({
      cron: '0 0 * * *',
      time_zone: 'America/New_York',
      state: 'ENABLED',
      next_run: expect.stringMatching(/T0[45]:00:00\.000Z$/),
    })
    expect((await system.get('/api/v1/schedules')).status).toBe(401)
  })

  it('start a run now', async () => {
    const { body } = await ask('POST', '/optimize-portfolio/run')
    expect(body.schedule).toMatchObject({ step: 'optimize-portfolio', last_run: expect.any(String) })
    const runs = system.db().collection('portfolio_optimization_runs')
    await vi.waitFor(async () => expect(await runs.countDocuments({ kind: 'recommendation' })).toBe(1), { timeout: 10_000, interval: 50 })
  })

  it('are changed by whoever read them last', async () => {
    const { version } = await schedule('build-dashboards')
    const change = { cron: '*/2 * * * *', version, reason: 'calmer' }
    const changed = await ask('PUT', '/build-dashboards', change)
    expect(changed).toMatchObject({ status: 200, body: { schedule: { cron: '*/2 * * * *', time_zone: 'America/New_York' } } })
    expect(await ask('PUT', '/build-dashboards', change)).toMatchObject({
      status: 409,
      body: { code: 'VERSION_CONFLICT', your_version: version, current_version: changed.body.schedule.version },
    })
    const wrong = { cron: 'often', version: changed.body.schedule.version }
    expect(await ask('PUT', '/build-dashboards', wrong)).toMatchObject({ status: 422, body: { code: 'INVALID_CRON' } })
    expect(await ask('POST', '/cerebrum/pause')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_SCHEDULE' } })
  })

  it('stay paused and re-timed over a restart, and the audit log says by whom', async () => {
    expect((await ask('POST', '/tell-signals/pause', { reason: 'holiday' })).body.schedule).toMatchObject({
      state: 'PAUSED',
      next_run: null,
    })
    await system.restart()
    admin = await signInAs(system, 'admin')
    expect(await schedule('tell-signals')).toMatchObject({ state: 'PAUSED' })
    expect(await schedule('build-dashboards')).toMatchObject({ cron: '*/2 * * * *' })
    expect((await ask('POST', '/tell-signals/resume')).body.schedule).toMatchObject({ state: 'ENABLED', next_run: expect.any(String) })
    const lines = await system
      .db()
      .collection('audit_log')
      .find({ what: /^schedule / })
      .sort({ at: 1 })
      .toArray()
    expect(lines.map(({ what, who, reason }) => ({ what, who, reason }))).toEqual(
      [
        ['schedule run now', ''],
        ['schedule changed', 'calmer'],
        ['schedule paused', 'holiday'],
        ['schedule resumed', ''],
      ].map(([what, reason]) => ({ what, who: 'admin@demo.mathematricks.fund', reason })),
    )
    expect(lines[1]).toMatchObject({ before: { cron: '* * * * *' }, after: { cron: '*/2 * * * *' } })
  })
})
