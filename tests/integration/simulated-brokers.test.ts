import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
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

const connected = ({ broker_id, account: { account_id } }: (typeof simulatedBrokers)[number]) =>
  vi.waitFor(
    async () => {
      expect((await system.get(`/api/v1/account/${account_id}/state`, admin)).status).toBe(200)
      expect((await get('/api/v1/brokers')).brokers).toContainEqual(
        expect.objectContaining({ broker_id, num_accounts: 1, status: 'CONNECTED' }),
      )
    },
    { timeout: 40_000, interval: 250 },
  )

async function trade(strategy_id: string, action: 'BUY' | 'SELL') {
  const { passphrase, api_key, ticker } = demoStrategy(system, strategy_id)
  const { body } = await system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signal: { ticker, action } })
  await follow(system, body, api_key, ['FILLED'])
}

interface Shown {
  strategy_id: string
  side: string
  quantity: string
}
/** What a fee in the coin itself leaves beside whole lots (0.0001 ETH) cannot be sold. */
const isHeld = ({ quantity }: Pick<Shown, 'quantity'>) => Number(quantity) >= 0.0001

/** Until the account’s state shows what these hold, and nobody else; that state. */
const shown = (account_id: string, holders: string[]) =>
  vi.waitFor(
    async () => {
      const state = (await get(`/api/v1/account/${account_id}/state`)).account_state
      expect(state.open_positions.filter(isHeld).map(({ strategy_id, side }: Shown) => `${account_id} ${strategy_id} ${side}`)).toEqual(
        holders.map(holder => `${account_id} ${holder} LONG`),
      )
      return state
    },
    { timeout: 40_000, interval: 200 },
  )

const simulatorsPid = () => system.endpoints().processes.find(({ name }) => name === 'simulators')?.pid

type SimulatedBroker = (typeof simulatedBrokers)[number]

async function buys(broker: SimulatedBroker): Promise<void> {
  const { account, strategy } = broker
  await connected(broker)
  const before = await shown(account.account_id, [])
  expect(Number(before.equity)).toBeGreaterThan(0)
  await trade(strategy.strategy_id, 'BUY')
  const after = await shown(account.account_id, [strategy.strategy_id])
  expect(after.timestamp > before.timestamp).toBe(true)
}

async function sells(broker: SimulatedBroker): Promise<void> {
  const { account_id } = broker.account
  await connected(broker)
  await trade(broker.strategy.strategy_id, 'SELL')
  await shown(account_id, [])
  const books = await system.db().collection('positions').find({ account_id }).toArray()
  expect(books.map(({ quantity }) => isHeld({ quantity: String(quantity) }))).toEqual([false])
}

// Side by side: most of the time each waits for somebody else.
it.concurrent.each(simulatedBrokers)('$broker_name is connected, fills a BUY, and shows what is held', { timeout: 90_000 }, buys)

it('begins again with what is held, so that it can be sold', { timeout: 120_000 }, async () => {
  const former = simulatorsPid()
  process.kill(former ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(simulatorsPid()).not.toBe(former), { timeout: 30_000 })
  await Promise.all(simulatedBrokers.map(sells))
  expect(await system.db().collection('frozen_instruments').find({}).toArray()).toEqual([])
})

/** Keys, secrets and tokens of this data directory; a key of Kite's app stands in the address where people log in, and is none. */
const secretsOf = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => /^SIMULATED_/.test(line))
    .flatMap(line => {
      const parts = line.slice(line.indexOf('=') + 1).match(/[A-Za-z0-9_-]{16,}/g) ?? []
      return line.startsWith('SIMULATED_ZERODHA=') ? parts.slice(1) : parts
    })

it('leaves no secret of any broker in what it stores, logs or answers', async () => {
  const planted = secretsOf(readFileSync(join(system.dataDir, '.env.local'), 'utf8'))
  expect(planted.length).toBeGreaterThanOrEqual(6)
  const documents = await Promise.all((await system.db().collections()).map(each => each.find({}).toArray()))
  const logs = readdirSync(join(system.dataDir, 'logs')).map(file => readFileSync(join(system.dataDir, 'logs', file), 'utf8'))
  const answers = await Promise.all(['/api/v1/brokers', '/api/v1/fund/state'].map(get))
  const seen = [...logs, JSON.stringify(documents), JSON.stringify(answers)].join('\n')
  expect(seen.length).toBeGreaterThan(10_000)
  expect(planted.filter(secret => seen.includes(secret))).toEqual([])
})
