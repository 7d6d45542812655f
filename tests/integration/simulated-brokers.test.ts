import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { simulatedBrokers } from '../../scripts/local/simulated/brokers.ts'
import { signInAs } from './people.ts'
import { demoStrategy, follow, type System, startSystem } from './system.ts'

let system: System
let admin: { authorization: string }

beforeAll(async () => {
  system = await startSystem({}, ['--brokers', 'simulated'])
  admin = await signInAs(system, 'admin')
})
afterAll(() => system.stop())

const get = async (path: string) => (await system.get(path, admin)).body

/** A busy machine may have been too slow for the first reading, which a person would ask for again. */
const connected = ({ broker_id, account: { account_id } }: (typeof simulatedBrokers)[number]) =>
  vi.waitFor(
    async () => {
      const { status } = await system.get(`/api/v1/account/${account_id}/state`, admin)
      if (status !== 200) await system.post(`/api/v1/accounts/${account_id}/sync`, {}, admin)
      expect(status).toBe(200)
      expect((await get('/api/v1/brokers')).brokers).toContainEqual(
        expect.objectContaining({ broker_id, num_accounts: 1, status: 'CONNECTED' }),
      )
    },
    { timeout: 30_000, interval: 250 },
  )

async function trade(strategy_id: string, action: 'BUY' | 'SELL') {
  const { passphrase, api_key, ticker } = demoStrategy(system, strategy_id)
  const { body } = await system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signal: { ticker, action } })
  await follow(system, body, api_key, ['FILLED'])
}

/** Until the account’s state shows this many positions; that state. */
const shown = (account_id: string, positions: number) =>
  vi.waitFor(
    async () => {
      const state = (await get(`/api/v1/account/${account_id}/state`)).account_state
      expect(state.open_positions).toHaveLength(positions)
      return state
    },
    { timeout: 20_000, interval: 50 },
  )

const simulatorsPid = () => system.endpoints().processes.find(({ name }) => name === 'simulators')?.pid

describe.each(simulatedBrokers)('$broker_name', { timeout: 60_000 }, broker => {
  const { account, strategy } = broker

  it('is connected, fills a BUY, and shows what is held and what it cost', async () => {
    await connected(broker)
    const before = await shown(account.account_id, 0)
    expect(Number(before.equity)).toBeGreaterThan(0)
    await trade(strategy.strategy_id, 'BUY')
    const after = await shown(account.account_id, 1)
    expect(after.open_positions[0]).toMatchObject({ side: 'LONG', strategy_id: strategy.strategy_id })
    expect(after.timestamp > before.timestamp).toBe(true)
  })
})

it('begins again with what is held, so that it can be sold', { timeout: 120_000 }, async () => {
  const former = simulatorsPid()
  process.kill(former ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(simulatorsPid()).not.toBe(former), { timeout: 5_000 })
  for (const broker of simulatedBrokers) {
    const { account, strategy } = broker
    await connected(broker)
    await trade(strategy.strategy_id, 'SELL')
    await shown(account.account_id, 0)
  }
})
