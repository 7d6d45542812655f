import { globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { followClockFile, now } from '../../../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../../../shared/runtime/configuration.ts'
import { armCrashPoints, crashPoint, crashPoints } from '../../../../shared/runtime/crash-points.ts'

const local = { MONGODB_URI: 'mongodb://127.0.0.1:1' }
const read = (environment: Record<string, string>) => readEnvironment(baseEnvironment, environment)

afterEach(() => {
  armCrashPoints([])
  vi.restoreAllMocks()
})

describe('configuration', () => {
  it('needs only the database on one machine', () => {
    expect(read(local)).toMatchObject({
      MONGODB_DATABASE: 'mathematricks_trading',
      ENVIRONMENT: 'staging',
      FUND_ID: 'mathematricks_fund',
      ALLOW_LIVE: false,
    })
  })

  it('tells all that is wrong at once, by name and without the values', () => {
    const wrong = { ENVIRONMENT: 'moon-secret', ALLOW_LIVE: 'yes-secret', CRASH_AT: 'nowhere-secret' }
    const message = (() => {
      try {
        return String(read(wrong))
      } catch (error) {
        return (error as Error).message
      }
    })()
    for (const name of ['MONGODB_URI', 'ENVIRONMENT', 'ALLOW_LIVE', 'CRASH_AT']) expect(message).toContain(name)
    expect(message).toMatch(/^CONFIGURATION: /)
    expect(message).not.toContain('secret')
  })

  it.each([
    [{ K_SERVICE: 'cerebro', CRASH_AT: 'cerebro:reserved' }, 'CRASH_AT'],
    [{ K_SERVICE: 'cerebro', CLOCK_FILE: '/tmp/clock.json' }, 'CLOCK_FILE'],
    [{ ALLOW_LIVE: 'true', CRASH_AT: 'cerebro:reserved' }, 'CRASH_AT'],
    [{ ALLOW_LIVE: 'true', CLOCK_FILE: '/tmp/clock.json' }, 'CLOCK_FILE'],
    [{ K_SERVICE: 'cerebro', PUBSUB_EMULATOR_HOST: '127.0.0.1:1' }, 'PUBSUB_EMULATOR_HOST'],
    [
      { K_SERVICE: 'cerebro', FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:1', CRASH_AT: 'cerebro:reserved' },
      'CRASH_AT, FIREBASE_AUTH_EMULATOR_HOST',
    ],
  ])('refuses test tools near the cloud and near money: %j', (environment, named) => {
    expect(() => read({ ...local, ...environment })).toThrow(
      `CONFIGURATION: ${named} must not be set where K_SERVICE or ALLOW_LIVE=true is`,
    )
  })

  it('takes them on one machine', () => {
    expect(read({ ...local, CRASH_AT: 'cerebro:reserved', PUBSUB_EMULATOR_HOST: '127.0.0.1:1' }).CRASH_AT).toEqual(['cerebro:reserved'])
  })

  it('takes the cloud without them', () => {
    expect(read({ ...local, K_SERVICE: 'cerebro', ALLOW_LIVE: 'true' }).ALLOW_LIVE).toBe(true)
  })
})

describe('a crash point', () => {
  it('kills the process only where it is the armed one', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    for (const name of crashPoints) crashPoint(name)
    expect(kill).not.toHaveBeenCalled()
    read({ ...local, CRASH_AT: 'cerebro:reserved' })
    crashPoint('cerebro:claimed')
    expect(kill).not.toHaveBeenCalled()
    crashPoint('cerebro:reserved')
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGKILL')
  })

  it('may be one of several that are armed, of which all must be known', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    read({ ...local, CRASH_AT: 'cerebro:reserved,execute-order:placed' })
    crashPoint('execute-order:placed')
    expect(kill).toHaveBeenCalledExactlyOnceWith(process.pid, 'SIGKILL')
    crashPoint('cerebro:reserved')
    expect(kill).toHaveBeenCalledTimes(2)
    crashPoint('cerebro:claimed')
    expect(kill).toHaveBeenCalledTimes(2)
    expect(() => read({ ...local, CRASH_AT: 'cerebro:reserved,nowhere' })).toThrow('CONFIGURATION')
    expect(() => read({ ...local, CRASH_AT: '' })).toThrow('CONFIGURATION')
  })

  it('stands in the code of the product under every name, and under no other', () => {
    const root = fileURLToPath(new URL('../../../..', import.meta.url))
    const used = globSync('{functions,shared}/**/*.ts', { cwd: root }).flatMap(file =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bcrashPoint\('([^']*)'\)/g)].map(([, name]) => name),
    )
    expect([...new Set(used)].sort()).toEqual([...crashPoints].sort())
  })

  it('is not armed where configuration was refused', () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    expect(() => read({ ...local, ALLOW_LIVE: 'true', CRASH_AT: 'cerebro:reserved' })).toThrow('CONFIGURATION')
    crashPoint('cerebro:reserved')
    expect(kill).not.toHaveBeenCalled()
  })
})

describe('the clock', () => {
  it('follows its file, also one that is replaced, and stands right without one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'))
    const file = join(folder, 'clock.json')
    const replace = (text: string) => {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    const ahead_s = () => Math.round((now().getTime() - Date.now()) / 1000)
    const becomes = (seconds: number) => vi.waitFor(() => expect(ahead_s()).toBe(seconds), { interval: 5, timeout: 30_000 })
    try {
      followClockFile(file)
      expect(ahead_s()).toBe(0)
      replace('{"offset_ms":3600000}')
      await becomes(3600)
      replace('{"offset_ms":-60000}')
      await becomes(-60)
      replace('{"offset_ms":"soon"}')
      await becomes(0)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is read when it is first followed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'))
    writeFileSync(join(folder, 'clock.json'), '{"offset_ms":7200000}')
    followClockFile(join(folder, 'clock.json'))
    const ahead_h = (now().getTime() - Date.now()) / 3_600_000
    rmSync(folder, { recursive: true })
    expect(ahead_h).toBeCloseTo(2, 3)
  })
})
