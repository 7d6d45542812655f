import { MongoNetworkError } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { type Broker, BrokerConnectionError } from '../../shared/brokers/broker.ts'
import { money, request } from '../unit/shared/brokers/paper/samples.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()

const id = (account_id: string) => ({ account_id, client_order_id: 'c1' })
const place = (broker: Broker, account_id: string) => broker.placeOrder(request({ ...id(account_id), quantity: money(10) }))

/** Dies at a named line, as far as a process that lives on can. */
const dyingAt = (name: string) => (reached: string) => {
  if (reached === name) throw new Error(`died at ${name}`)
}

async function expectOneEffect(account_id: string) {
  const { cash, held, orders, fills, account } = await house.book(account_id)
  expect({ cash, held, statuses: orders.map(({ status }) => status), fills: fills.length, pending: account.pending_fills }).toEqual({
    cash: '998998.7', // 1,000,000 − 10 × 100.03 − 1
    held: ['AAPL 10'],
    statuses: ['FILLED'],
    fills: 1,
    pending: [],
  })
}

describe.each(['paper:accepted', 'paper:account-updated'])('a process that dies at %s', point => {
  it.each<[string, (broker: Broker, account_id: string) => Promise<unknown>]>([
    ['asking for the order', (broker, account_id) => broker.getOrder(id(account_id))],
    ['reading the balance', (broker, account_id) => broker.balance(account_id)],
    ['reading the positions', (broker, account_id) => broker.positions(account_id)],
    ['reading the open orders', (broker, account_id) => broker.openOrders(account_id)],
    ['canceling the order', (broker, account_id) => broker.cancelOrder(id(account_id))],
    ['placing the order again', (broker, account_id) => place(broker, account_id)],
    [
      'all of them at once from two brokers',
      (broker, account_id) => {
        const other = house.broker()
        const both = [broker, other, broker, other]
        return Promise.all(both.flatMap(each => [each.getOrder(id(account_id)), each.balance(account_id), place(each, account_id)]))
      },
    ],
  ])('leaves an order that %s finishes, once', async (_, finish) => {
    const account_id = await house.account()
    await expect(place(house.broker({ crashPoint: dyingAt(point) }), account_id)).rejects.toThrow(`died at ${point}`)
    const broker = house.broker()
    await finish(broker, account_id)
    await finish(broker, account_id)
    await expectOneEffect(account_id)
  })
})

/** All writes of an order, in their order; the account is written when it is booked and when its list is cleared. */
const writes = [
  ['paper_orders.insertOne', 1],
  ['paper_accounts.updateOne', 1],
  ['paper_fills.insertMany', 1],
  ['paper_orders.updateOne', 1],
  ['paper_accounts.updateOne', 2],
] as const

const lost = () => {
  throw new MongoNetworkError('connection reset')
}

describe.each(writes)('an order whose write to %s (no. %i) fails', (call, n) => {
  it.each([
    ['before it reached the database', async () => lost()],
    ['after it was done', async (write: () => Promise<unknown>) => write().then(lost)],
  ])('%s is unknown, and has one effect once it is placed again', async (_, instead) => {
    const account_id = await house.account()
    expect(await place(house.broker({ store: house.hookedAt(call, n, instead) }), account_id)).toMatchObject({ kind: 'unknown' })
    const broker = house.broker()
    expect(await place(broker, account_id)).toMatchObject({ kind: 'confirmed' })
    await broker.balance(account_id)
    await expectOneEffect(account_id)
  })
})

describe('a worker that is overtaken while it finishes an order', () => {
  const calls = [
    ['paper_orders.findOne', 1],
    ['paper_accounts.findOne', 1],
    ['paper_orders.findOne', 2],
    ['paper_accounts.updateOne', 1],
    ['paper_fills.insertMany', 1],
    ['paper_orders.updateOne', 1],
    ['paper_accounts.updateOne', 2],
  ] as const
  const moments = calls.flatMap(call => [['before', ...call] as const, ['after', ...call] as const])
  it.each(moments)('%s %s (no. %i) applies nothing twice', async (when, call, n) => {
    const account_id = await house.account()
    await expect(place(house.broker({ crashPoint: dyingAt('paper:accepted') }), account_id)).rejects.toThrow('died')
    const other = () => house.broker().getOrder(id(account_id))
    const store = house.hookedAt(call, n, when === 'before' ? work => other().then(work) : work => work().finally(other))
    await house.broker({ store }).getOrder(id(account_id))
    await expectOneEffect(account_id)
  })
})

describe('a database that is gone', () => {
  it('is a lost connection as long as nothing was asked of it', async () => {
    const account_id = await house.account()
    const broker = house.broker({ store: house.hookedAt('paper_accounts.findOne', 1, async () => lost()) })
    await expect(place(broker, account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    expect(await house.broker().getOrder(id(account_id))).toBeNull()
  })

  it('is a lost connection to whoever reads', async () => {
    const account_id = await house.account()
    const unreachable = () => house.broker({ store: house.hookedAt('paper_accounts.findOne', 1, async () => lost()) })
    await expect(unreachable().balance(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    await expect(unreachable().positions(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    expect(await house.broker().status()).toBe('CONNECTED')
  })
})
