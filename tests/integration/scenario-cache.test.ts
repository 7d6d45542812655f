import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { scenarioCache } from '../../functions/cerebro/scenario-cache.ts'
import { strategyColumn } from '../../shared/domain/risk/scenarios.ts'
import type { Store } from '../../shared/store/collection.ts'
import { openStore } from '../../shared/store/open.ts'
import { hooked } from './hooked-store.ts'
import { startDatabase } from './runtime-harness.ts'

const wanted = { strategies: ['S'], instruments: [] }
const noon = new Date('2026-03-02T12:00:00Z')
const minutesLater = (minutes: number) => new Date(noon.getTime() + minutes * 60_000)
let uri: string

beforeAll(async () => {
  uri = (await startDatabase()).uri
})
afterEach(() => {
  vi.restoreAllMocks()
})

const storeOf = (name: string): Store => openStore({ MONGODB_URI: uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })

const load = (store: Store, source_hash: string, { loaded_at, gain }: { loaded_at: Date; gain: number }) =>
  store.db
    .collection('strategy_backtest_data')
    .updateOne(
      { strategy_id: 'S' },
      { $set: { source_hash, loaded_at, dates: ['2026-02-27'], daily_returns: [gain], mean_return_daily: gain } },
      { upsert: true },
    )

/** The only return of the only strategy. */
const gainIn = (scenarios: Awaited<ReturnType<ReturnType<typeof scenarioCache>['scenarios']>>) =>
  scenarios.columns.get(strategyColumn('S'))?.returns[0]

const someSecondsPass = () => {
  const later = performance.now() + 11_000
  vi.spyOn(performance, 'now').mockReturnValue(later)
}

describe('the scenarios that decisions share', () => {
  it('hold what was loaded since, from the first decision that saw it', async () => {
    const store = storeOf('loaded_since')
    await load(store, 'one', { loaded_at: noon, gain: 0.01 })
    const cache = scenarioCache(store)
    expect(gainIn(await cache.scenarios(wanted, true))).toBe(0.01)
    await load(store, 'two', { loaded_at: minutesLater(1), gain: 0.02 })
    expect(gainIn(await cache.scenarios(wanted, false))).toBe(0.01)
    expect(gainIn(await cache.scenarios(wanted, true))).toBe(0.02)
    expect(cache.newest('strategies')).toEqual(minutesLater(1))
    expect(cache.backtest('S')).toMatchObject({ mean_return_daily: 0.02 })
  })

  it('find an older version that was put back, and let nobody wait for it', async () => {
    const store = storeOf('put_back')
    await load(store, 'two', { loaded_at: noon, gain: 0.02 })
    const cache = scenarioCache(store)
    await cache.scenarios(wanted, true)
    await load(store, 'one', { loaded_at: minutesLater(-9), gain: 0.01 })
    someSecondsPass()
    expect(gainIn(await cache.scenarios(wanted, false))).toBe(0.02)
    await vi.waitFor(async () => expect(gainIn(await cache.scenarios(wanted, false))).toBe(0.01), { timeout: 30_000 })
  })

  it('are compared once for all decisions that saw something new at once', async () => {
    const asked: string[] = []
    const store = hooked(storeOf('compared_once'), async (name, call) => {
      asked.push(name)
      return call()
    })
    await load(store, 'one', { loaded_at: noon, gain: 0.01 })
    const cache = scenarioCache(store)
    const seen = await Promise.all(Array.from({ length: 20 }, () => cache.scenarios(wanted, true)))
    expect(new Set(seen.map(gainIn))).toEqual(new Set([0.01]))
    expect(asked.filter(name => name === 'strategy_backtest_data.findOne')).toHaveLength(1)
  })

  it('are compared again where that failed', async () => {
    const failing = { times: 0 }
    const store = hooked(storeOf('away'), async (name, call) => {
      if (!name.endsWith('.findOne') || failing.times === 0) return call()
      failing.times -= 1
      throw new Error('away')
    })
    await load(store, 'two', { loaded_at: noon, gain: 0.02 })
    const cache = scenarioCache(store)
    await cache.scenarios(wanted, true)
    await load(store, 'one', { loaded_at: minutesLater(-9), gain: 0.01 })
    someSecondsPass()
    failing.times = 1
    expect(gainIn(await cache.scenarios(wanted, false))).toBe(0.02)
    await vi.waitFor(async () => expect(gainIn(await cache.scenarios(wanted, false))).toBe(0.01), { timeout: 30_000 })
    expect(failing.times).toBe(0)
  })
})
