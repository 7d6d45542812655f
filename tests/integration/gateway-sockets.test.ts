import { randomUUID } from 'node:crypto'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { feedQuotes } from '../../functions/ibkr-gateway/feed-quotes.ts'
import { superviseHeld, syncAllHeld, takeOrder } from '../../functions/ibkr-gateway/held-orders.ts'
import { openSockets } from '../../functions/ibkr-gateway/sockets.ts'
import { brokerPool } from '../../shared/brokers/pool.ts'
import { TransientError } from '../../shared/domain/errors.ts'
import { accountHierarchy, type BrokerPlan } from '../../shared/store/account-hierarchy.ts'
import { currentState } from '../../shared/store/accounts.ts'
import { brokerAccountOf } from '../../shared/store/broker-accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentNames, instruments as instrumentTable, quotesOf } from '../../shared/store/instruments.ts'
import { orderById } from '../../shared/store/trading-orders.ts'
import { type Simulator, startSimulator } from '../simulators/ibkr/server.ts'
import { hasty, instruments, money } from '../simulators/ibkr/venue.ts'
import { executionHouse } from './execution-harness.ts'
import { hooked } from './hooked-store.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command } = executionHouse(house)
const stock = instruments.stock

let simulator: Simulator
const ends: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  await instrumentTable.in(house.store).insertOne({ ...stock })
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** A simulated gateway as the only broker of the fund. */
async function oneLogin(): Promise<BrokerPlan> {
  simulator = await startSimulator()
  simulator.price('AAPL', '100', '100.02')
  ends.push(() => simulator.stop())
  const plan: BrokerPlan = {
    broker_id: `IBKR-${randomUUID().slice(0, 8)}`,
    broker_name: 'Interactive Brokers',
    adapter: 'ibkr',
    connection: { ...hasty, port: simulator.port, client_id: 7 },
    accounts: [
      { account_id: 'DU1234567', account_type: 'MARGIN', currency: 'USD', status: 'ACTIVE', trading_mode: 'PAPER', description: '' },
    ],
  }
  const fund = { fund_name: 'F', base_currency: 'USD', brokers: [plan] }
  await accountHierarchy.in(house.store).replaceOne({ _id: 'fund' as never }, fund, { upsert: true })
  return plan
}

/** A container: a store of its own, whose database may stop to answer. */
function container(plan: BrokerPlan) {
  let cut = false
  const store: Store = hooked(house.store, (_name, call) => (cut ? new Promise(() => undefined) : call()))
  const sockets = openSockets({ store, holder: randomUUID(), leaseMs: 900, renewMs: 40 })
  const brokers = brokerPool({
    store,
    now: () => new Date(),
    crashPoint: () => undefined,
    instruments: instrumentNames(store),
    planOf: async () => plan,
    open: sockets.open,
  })
  const ending = new AbortController()
  const running = sockets.keep(brokers)(ending.signal)
  const end = async () => {
    ending.abort()
    if (!cut) await running
  }
  ends.push(end)
  const status = async () => (await brokers(plan.broker_id)).status()
  return {
    ...{ store, sockets, brokers, end, status },
    /** From now on nothing of the database is answered. */
    cutOff: () => {
      cut = true
    },
    until: async () => {
      await expect.poll(status, { interval: 10 }).toBe('CONNECTED')
    },
  }
}

describe('the lease of a socket', () => {
  it('is held by one of two containers, and by the other once the first has gone', async () => {
    const plan = await oneLogin()
    let most = 0
    const watching = setInterval(() => {
      most = Math.max(most, simulator.clients.size)
    }, 1)
    const first = container(plan)
    await first.until()
    const second = container(plan)
    await expect((await second.brokers(plan.broker_id)).connect()).rejects.toThrow('SOCKET_NOT_HELD')
    expect([first, second].map(({ sockets }) => sockets.holds(plan.broker_id))).toEqual([true, false])
    await first.end()
    expect(await first.status()).toBe('DISCONNECTED')
    await second.until()
    clearInterval(watching)
    expect(most).toBe(1)
    expect(await second.sockets.shown()).toMatchObject([{ holds_lease: true, connected: true, logged_in: true }])
  })

  it('is let go before another may take it, where it cannot be kept', async () => {
    const plan = await oneLogin()
    const first = container(plan)
    await first.until()
    const second = container(plan)
    const together = setInterval(() => {
      expect(simulator.clients.size).toBeLessThanOrEqual(1)
      expect([first, second].filter(({ sockets }) => sockets.holds(plan.broker_id)).length).toBeLessThanOrEqual(1)
    }, 1)
    first.cutOff()
    await second.until()
    clearInterval(together)
    expect(first.sockets.holds(plan.broker_id)).toBe(false)
  })
})

describe('what the gateway does for the brokers that it holds', () => {
  it('takes orders, once its accounts were reconciled; elsewhere they come again', async () => {
    const plan = await oneLogin()
    const { store, sockets, brokers, until } = container(plan)
    const take = takeOrder({ store, brokers, allowLive: false }, sockets)
    const order = (changes = {}) =>
      command('DU1234567', {
        ...{ broker_id: plan.broker_id, instrument_id: stock.instrument_id, instrument: stock, quantity: money('3') },
        order_id: `G${randomUUID().slice(0, 8)}`,
        ...changes,
      })
    const orphan = openSockets({ store, holder: randomUUID() })
    await expect(takeOrder({ store, brokers, allowLive: false }, orphan)(order())).rejects.toBeInstanceOf(TransientError)
    await until()
    const broker = await brokers(plan.broker_id)
    const entry = { ...order(), is_exit: false, instrument: stock }
    expect(await broker.placeOrder(entry)).toEqual({ kind: 'unknown', reason: 'NOT_RECONCILED: account_id=DU1234567' })

    const ending = new AbortController()
    const watching = superviseHeld({ store, brokers, flush: async () => undefined, environment: 'staging' }, sockets)(ending.signal)
    ends.push(async () => {
      ending.abort()
      await watching
    })
    await expect.poll(async () => (await brokerAccountOf(store, 'DU1234567'))?.reconciled).toBe(true)
    const exit = order()
    await take(exit)
    expect(await orderById(store, exit.order_id)).toMatchObject({ status: 'FILLED' })
    expect(simulator.book.orders.map(({ order_ref, filled }) => `${order_ref} ${filled}`)).toEqual([`${exit.order_id} 3`])
  })

  it('writes the prices that it streams where decisions look', async () => {
    const plan = await oneLogin()
    simulator.price('ESZ0', '5000.25', '5000.5', '5000.25')
    const future = instruments.future
    await instrumentTable.in(house.store).replaceOne({ instrument_id: future.instrument_id }, { ...future }, { upsert: true })
    const { store, sockets, brokers, until } = container(plan)
    await until()
    const ending = new AbortController()
    const feeding = feedQuotes({ store, brokers, everyMs: 20 }, sockets)(ending.signal)
    ends.push(async () => {
      ending.abort()
      await feeding
    })
    const told = async () => (await quotesOf(store, [future.instrument_id])).get(future.instrument_id)
    await expect.poll(async () => String((await told())?.ask)).toBe('5000.5')
    simulator.price('ESZ0', '5001', '5001.25')
    await expect.poll(async () => String((await told())?.ask)).toBe('5001.25')
    expect(await told()).toMatchObject({ source: plan.broker_id })
  })

  it('reads its accounts', async () => {
    const plan = await oneLogin()
    const { store, sockets, brokers, until } = container(plan)
    await until()
    const sync = { store, brokers, time_zone: 'America/New_York', flush: async () => undefined, deadline_ms: 5_000 }
    const log = { info: () => undefined, warning: () => undefined, error: () => undefined }
    const context = { now: new Date(), log, attributes: {}, message_id: '1', delivery_attempt: 1 }
    expect(await syncAllHeld(sync, sockets)({}, context)).toMatchObject({ fields: { accounts: 1, failed: [] } })
    expect(String((await currentState(store, 'DU1234567'))?.equity)).toBe('1000000')
  })
})
