import { describe, expect, it, vi } from 'vitest'
import { type Broker, BrokerConnectionError } from '../../shared/brokers/broker.ts'
import { coin, money, request } from '../unit/shared/brokers/paper/samples.ts'
import { type Call, lost } from './hooked-store.ts'
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

/** All writes of an order, in their order; the last joins its fill, its status and the end of the fill's time on the account's list. */
const writes = [
  ['paper_orders.insertOne', 1],
  ['paper_accounts.updateOne', 1],
  ['client.bulkWrite', 1],
] as const

/** How many of the joined writes reach the database before something happens: all splits into two parts that are not empty. */
const splits = [1, 2]

describe.each(writes)('an order whose write to %s (no. %i) fails', (call, n) => {
  it.each([
    ['before it reached the database', async () => lost()],
    ['after it was done', async (write: Call) => write().then(lost)],
  ])('%s is unknown, and has one effect once it is placed again', async (_, instead) => {
    const account_id = await house.account()
    expect(await place(house.broker({ store: house.hookedAt(call, n, instead) }), account_id)).toMatchObject({ kind: 'unknown' })
    const broker = house.broker()
    expect(await place(broker, account_id)).toMatchObject({ kind: 'confirmed' })
    await broker.balance(account_id)
    await expectOneEffect(account_id)
  })
})

describe.each(splits)('an order of whose joined writes only the first %i reach the database', k => {
  const brokenOff = () =>
    house.hookedAt('client.bulkWrite', 1, async call => {
      await call(0, k)
      lost()
    })

  it('is unknown, and has one effect once it is placed again', async () => {
    const account_id = await house.account()
    expect(await place(house.broker({ store: brokenOff() }), account_id)).toMatchObject({ kind: 'unknown' })
    const broker = house.broker()
    expect(await place(broker, account_id)).toMatchObject({ kind: 'confirmed' })
    await broker.balance(account_id)
    await expectOneEffect(account_id)
  })

  it('has one effect, whoever breaks off again while finishing it', async () => {
    const account_id = await house.account()
    await expect(place(house.broker({ crashPoint: dyingAt('paper:account-updated') }), account_id)).rejects.toThrow('died')
    await expect(house.broker({ store: brokenOff() }).getOrder(id(account_id))).rejects.toBeInstanceOf(BrokerConnectionError)
    const [broker, other] = [house.broker(), house.broker()]
    await Promise.all([broker, other].flatMap(each => [each.getOrder(id(account_id)), each.balance(account_id), place(each, account_id)]))
    await expectOneEffect(account_id)
  })
})

describe.each([1, 2, 3, 4])('an order of three fills of whose five joined writes only the first %i reach the database', k => {
  it('is unknown, and each fill has one effect once it is placed again', async () => {
    const account_id = await house.account()
    await house.quoted('BTC-USD', '60000', '60001', '60000', { ask_size: money('0.5') })
    const buy = request({ ...id(account_id), instrument: coin, quantity: money('1.2') })
    const store = house.hookedAt('client.bulkWrite', 1, async call => {
      await call(0, k)
      lost()
    })
    expect(await house.broker({ store }).placeOrder(buy)).toMatchObject({ kind: 'unknown' })
    const broker = house.broker()
    expect(await broker.placeOrder(buy)).toMatchObject({ kind: 'confirmed' })
    await broker.balance(account_id)
    const { cash, held, orders, fills, account } = await house.book(account_id)
    // 0.5 × 60,004.01 + 0.5 × 60,004.02 + 0.2 × 60,004.03 = 72,004.821, and 10 bp of it
    expect({ cash, held, statuses: orders.map(({ status }) => status), fills: fills.length, pending: account.pending_fills }).toEqual({
      cash: '927923.174179',
      held: ['BTC-USD 1.2'],
      statuses: ['FILLED'],
      fills: 3,
      pending: [],
    })
  })
})

describe('a worker that is overtaken while it finishes an order', () => {
  const calls = [
    ['paper_orders.findOne', 1],
    ['paper_accounts.aggregate', 1],
    ['paper_orders.findOne', 2],
    ['paper_accounts.updateOne', 1],
    ['client.bulkWrite', 1],
  ] as const
  type Moment = readonly [when: string, call: string, n: number, overtaken: (work: Call, other: () => Promise<unknown>) => Promise<unknown>]
  const moments: Moment[] = [
    ...calls.flatMap((call): Moment[] => [
      ['before', ...call, (work, other) => other().then(() => work())],
      ['after', ...call, (work, other) => work().finally(other)],
    ]),
    ...splits.map(
      (k): Moment => [
        `after the first ${k} of`,
        'client.bulkWrite',
        1,
        (work, other) =>
          work(0, k)
            .then(other)
            .then(() => work(k)),
      ],
    ),
  ]
  it.each(moments)('%s %s (no. %i) applies nothing twice', async (_when, call, n, overtaken) => {
    const account_id = await house.account()
    await expect(place(house.broker({ crashPoint: dyingAt('paper:accepted') }), account_id)).rejects.toThrow('died')
    const other = vi.fn(() => house.broker().getOrder(id(account_id)))
    const store = house.hookedAt(call, n, work => overtaken(work, other))
    await house.broker({ store }).getOrder(id(account_id))
    expect(other).toHaveBeenCalledOnce()
    await expectOneEffect(account_id)
  })
})

describe('a database that is gone', () => {
  it('is a lost connection as long as nothing was asked of it', async () => {
    const account_id = await house.account()
    const broker = house.broker({ store: house.hookedAt('paper_accounts.aggregate', 1, async () => lost()) })
    await expect(place(broker, account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    expect(await house.broker().getOrder(id(account_id))).toBeNull()
  })

  it('is a lost connection to whoever reads', async () => {
    const account_id = await house.account()
    const unreachable = () => house.broker({ store: house.hookedAt('paper_accounts.aggregate', 1, async () => lost()) })
    await expect(unreachable().balance(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    await expect(unreachable().positions(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    expect(await house.broker().status()).toBe('CONNECTED')
  })
})
