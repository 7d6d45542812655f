import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { followStreams } from '../../functions/ibkr-gateway/follow-streams.ts'
import { faultPlan, faultsOf } from '../../scripts/local/paper-broker/faults.ts'
import { paperServer } from '../../scripts/local/paper-broker/server.ts'
import type { Broker, StreamReport } from '../../shared/brokers/broker.ts'
import { remotePaper } from '../../shared/brokers/paper/remote-paper.ts'
import { at, money, request, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored } = executionHouse(house)
const closing: (() => unknown)[] = []
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

/** The paper broker in this process, or behind a port of the network. */
const places: Record<string, () => Promise<{ broker: Broker; cutOff: (is: boolean) => void }>> = {
  'in process': async () => ({ broker: house.broker(), cutOff: () => undefined }),
  'over the network': async () => {
    let isCutOff = false
    const none = Object.fromEntries(Object.entries(faultPlan.parse({ seed: 1 })).map(([name, share]) => [name, share < 1 ? 0 : share]))
    const faults = faultsOf({ ...faultPlan.parse({ seed: 1 }), ...none })
    const server = paperServer({ broker: house.broker(), faults, now: () => at, cutOff: () => isCutOff })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closing.push(() => {
      server.close()
      server.closeAllConnections()
    })
    const { port } = server.address() as AddressInfo
    return {
      broker: remotePaper({ url: `http://127.0.0.1:${port}` }),
      cutOff: is => {
        isCutOff = is
      },
    }
  },
}

let moment = 0
/** A newer quote than the one before. */
const trade = (price: number) => {
  moment += 1
  const text = String(price)
  return house.quoted('AAPL', text, text, text, { as_of: new Date(at.getTime() + moment), bid_size: money(1000), ask_size: money(1000) })
}

describe.each(Object.keys(places))('the stream of the paper broker %s', place => {
  const listened = async () => {
    const account_id = await house.account()
    const { broker, cutOff } = (await places[place]?.()) ?? expect.unreachable()
    const told: StreamReport[] = []
    const close = (await broker.stream?.([account_id], report => told.push(report))) ?? expect.unreachable()
    const orders = () =>
      told.flatMap(each => (each.kind === 'order' ? [`${each.order.client_order_id} ${each.order.status} ${each.order.filled_qty}`] : []))
    return { broker, cutOff, account_id, told, orders, close }
  }

  it('tells a resting order’s fill though nobody asks for it, and not what an answer has told', async () => {
    const { broker, account_id, told, orders, close } = await listened()
    await trade(100)
    await broker.placeOrder(request({ account_id, client_order_id: 'now', quantity: money(1) }))
    await broker.placeOrder(
      request({
        account_id,
        client_order_id: 'later',
        quantity: money(7),
        order_type: 'LIMIT',
        limit_price: money(90),
        time_in_force: 'GTC',
      }),
    )
    await vi.waitFor(() => expect(told).toContainEqual({ kind: 'status', status: 'CONNECTED' }), { timeout: 30_000 })
    await trade(89)
    await vi.waitFor(() => expect(orders()).toEqual(['later FILLED 7']), { timeout: 30_000 })
    await close()
  })

  it('tells a cancel that somebody else asked for', async () => {
    const { broker, account_id, orders, close } = await listened()
    await trade(100)
    const resting = request({ account_id, client_order_id: 'x', order_type: 'LIMIT', limit_price: money(50), time_in_force: 'GTC' })
    await broker.placeOrder(resting)
    await broker.placeOrder({ ...resting, client_order_id: 'y', quantity: money(7), limit_price: money(90) })
    await trade(89)
    // Whoever has seen the one has seen the other.
    await vi.waitFor(() => expect(orders()).toEqual(['y FILLED 7']), { timeout: 30_000 })
    await house.broker().cancelOrder(resting)
    await vi.waitFor(() => expect(orders()).toEqual(['y FILLED 7', 'x CANCELED 0']), { timeout: 30_000 })
    await close()
  })
})

it('a stream over the network that breaks says so', async () => {
  const { broker, cutOff } = (await places['over the network']?.()) ?? expect.unreachable()
  const told: StreamReport[] = []
  const close = await broker.stream?.([await house.account()], report => told.push(report))
  cutOff(true)
  await vi.waitFor(() => expect(told.at(-1)).toEqual({ kind: 'status', status: 'DISCONNECTED' }), { timeout: 30_000 })
  await close?.()
})

it('where a process is always on, a fill is booked without anybody having asked', async () => {
  const account_id = await house.account()
  await house.store.db.collection('account_hierarchy').replaceOne(
    { _id: 'fund' as never },
    {
      fund_name: 'F',
      base_currency: 'USD',
      brokers: [
        {
          broker_id: 'PAPER',
          broker_name: 'Paper',
          adapter: 'paper',
          connection: {},
          accounts: [{ account_id, account_type: 'MARGIN', currency: 'USD', status: 'ACTIVE', trading_mode: 'PAPER', description: '' }],
        },
      ],
    },
    { upsert: true },
  )
  const broker = house.broker()
  const ending = new AbortController()
  const flushed: unknown[] = []
  const following = followStreams({ store: house.store, brokers: async () => broker, flush: async each => void flushed.push(each) })(
    ending.signal,
  )
  await trade(100)
  const placed = command(account_id, {
    instrument: { ...stock, multiplier: money(1) },
    action: 'SELL',
    order_type: 'LIMIT',
    limit_price: money(120),
    time_in_force: 'GTC',
  })
  await executing(broker)(placed)
  await vi.waitFor(
    async () => expect(await house.store.db.collection('broker_status').findOne({ 'stream.status': 'OPEN' })).not.toBeNull(),
    { timeout: 30_000 },
  )
  await trade(121)
  await vi.waitFor(async () => expect(await stored(placed.order_id)).toMatchObject({ status: 'FILLED', filled_qty: money(10) }), {
    timeout: 30_000,
  })
  ending.abort()
  await following
  expect(flushed.length).toBeGreaterThan(0)
})
