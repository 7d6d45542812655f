import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { AdapterDeps } from '../../../../shared/brokers/adapter.ts'
import { type Broker, BrokerError } from '../../../../shared/brokers/broker.ts'
import { brokerPool } from '../../../../shared/brokers/pool.ts'
import { cachedSecrets } from '../../../../shared/cloud/cached-secrets.ts'
import { DomainError } from '../../../../shared/domain/errors.ts'

describe('brokers opened by a pool', () => {
  const held = new Map<string, string>()
  const ended: string[] = []
  let opened: string[] = []
  let breaks = false
  const place = {
    read: async (name: string) => held.get(name) ?? null,
    write: async (name: string, value: string) => void held.set(name, value),
  }
  const open = async (_plan: unknown, { secret }: AdapterDeps): Promise<Broker> => {
    const key = await secret('key')
    const login = await secret('login', { followed: true })
    if (breaks) throw new BrokerError('BROKEN: ')
    opened.push(`${key} ${login}`)
    return { status: async () => 'CONNECTED', disconnect: async () => void ended.push(key) } as unknown as Broker
  }
  const poolOf = () =>
    brokerPool({
      planOf: async (broker_id: string) => ({ broker_id, adapter: 'any', connection: {}, accounts: [] }),
      secrets: cachedSecrets(place, { ttlMs: 0 }),
      open,
    } as unknown as Parameters<typeof brokerPool>[0])
  /** Long enough for the pool to look at the secrets again. */
  const later = () => vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000)

  beforeEach(() => {
    vi.restoreAllMocks()
    held.clear()
    held.set('key', 'k1').set('login', 'l1')
    opened = []
    ended.length = 0
    breaks = false
  })

  it('are opened once, also by those who ask together', async () => {
    const pool = poolOf()
    const [one, two] = await Promise.all([pool('B'), pool('B')])
    expect(one).toBe(two)
    expect(opened).toEqual(['k1 l1'])
  })

  it('are opened again when a secret is rotated, and let go of the old connection', async () => {
    const pool = poolOf()
    await pool('B')
    held.set('key', 'k2')
    later()
    await pool('B')
    await vi.waitFor(() => expect(ended).toEqual(['k1']), { timeout: 30_000 })
    expect(opened).toEqual(['k1 l1', 'k2 l1'])
  })

  it('stay open when only what their adapter follows itself has changed', async () => {
    const pool = poolOf()
    const one = await pool('B')
    held.set('login', 'l2')
    later()
    await pool('B')
    await new Promise(resolve => setImmediate(resolve))
    expect(await pool('B')).toBe(one)
    expect(opened).toEqual(['k1 l1'])
  })

  it('stay as they are where the new secret opens nothing', async () => {
    const pool = poolOf()
    const one = await pool('B')
    held.set('key', 'k2')
    breaks = true
    later()
    await pool('B')
    await new Promise(resolve => setImmediate(resolve))
    expect(await pool('B')).toBe(one)
    expect(ended).toEqual([])
  })

  it('say by name which secret is missing', async () => {
    held.delete('key')
    await expect(poolOf()('B')).rejects.toThrow(new BrokerError('SECRET_UNAVAILABLE: name=key'))
  })

  it('are opened anew when their entry in the hierarchy changes, and not for another reading of the same', async () => {
    let connection = { url: 'one' }
    let fault: Error | null = null
    const pool = brokerPool({
      planOf: async (broker_id: string) => {
        if (fault) throw fault
        return { broker_id, adapter: 'any', connection: { ...connection }, accounts: [] }
      },
      secrets: cachedSecrets(place, { ttlMs: 0 }),
      open,
    } as unknown as Parameters<typeof brokerPool>[0])
    const first = await pool('B')
    expect(await pool('B')).toBe(first)
    connection = { url: 'two' }
    const [second, same] = await Promise.all([pool('B'), pool('B')])
    expect([second === first, second === same, opened.length]).toEqual([false, true, 2])
    await vi.waitFor(() => expect(ended).toEqual(['k1']), { timeout: 30_000 })
    fault = new Error('the database is away')
    expect(await pool('B')).toBe(second)
    fault = new DomainError('UNKNOWN_BROKER', { broker_id: 'B' })
    await expect(pool('B')).rejects.toThrow('UNKNOWN_BROKER')
  })
})
