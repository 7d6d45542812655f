import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { followStreams } from '../../functions/ibkr-gateway/follow-streams.ts'
import { keepQuotes, wantedQuotes } from '../../functions/ibkr-gateway/keep-quotes.ts'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { syncAll } from '../../functions/sync-accounts/handler.ts'
import { type Broker, BrokerConnectionError, type StreamReport } from '../../shared/brokers/broker.ts'
import { cashEvents } from '../../shared/store/account-events.ts'
import { accountHierarchy } from '../../shared/store/account-hierarchy.ts'
import { currentState } from '../../shared/store/accounts.ts'
import { brokerAccountOf, setBrokerAccount } from '../../shared/store/broker-accounts.ts'
import { brokerStatusQuery } from '../../shared/store/broker-status.ts'
import { quotesOf, storeQuote } from '../../shared/store/instruments.ts'
import { newPosition } from '../../shared/store/positions.ts'
import { readAll } from '../../shared/store/query.ts'
import { ordersInStatus } from '../../shared/store/trading-orders.ts'
import { at, german, money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf } = executionHouse(house)

let account_id = ''
let tell: (report: StreamReport) => void = () => undefined
let openings = 0
let broker: Broker
beforeAll(async () => {
  account_id = await house.account()
  const paper = house.broker()
  broker = {
    ...paper,
    stream: async (_accounts, onReport) => {
      openings += 1
      tell = onReport
      onReport({ kind: 'status', status: 'CONNECTED' })
      return async () => undefined
    },
  }
  const { account, broker: plan } = lookOf(broker, account_id)
  const { _id, ...fund } = { _id: 'fund', fund_name: 'F', base_currency: 'USD', brokers: [{ ...plan, accounts: [account] }] }
  await accountHierarchy.in(house.store).replaceOne({ _id: _id as never }, fund, { upsert: true })
})

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function follow(flushed: string[] = []) {
  const ending = new AbortController()
  const before = openings
  const running = followStreams({
    store: house.store,
    brokers: async () => broker,
    flush: async waiting => void flushed.push('ordering_key' in waiting ? waiting.ordering_key : ''),
    silentMs: 60_000,
    againAfterMs: [1],
  })(ending.signal)
  ends.push(async () => {
    ending.abort()
    await running
  })
  return expect.poll(() => openings).toBeGreaterThan(before)
}

const standing = async () => (await readAll(house.store, brokerStatusQuery()))[0]?.stream

/** An order that has filled at the broker, while nobody was told yet. */
async function filledUnseen(): Promise<{ order_id: string }> {
  const order = command(account_id, { order_type: 'LIMIT', limit_price: money('90') })
  await executing(broker)(order)
  expect(await stored(order.order_id)).toMatchObject({ status: 'SUBMITTED' })
  await house.quoted('AAPL', '89.98', '90', '90')
  await expect.poll(async () => (await house.broker().getOrder(order))?.status).toBe('FILLED')
  await house.quoted('AAPL', '100', '100.02', '100.01')
  return order
}

const executionsOf = async ({ order_id }: { order_id: string }) =>
  (await broker.executions(account_id, new Date(0))).filter(({ client_order_id }) => client_order_id === order_id)

describe('the follower of streams', () => {
  it('books what the stream tells once, however often it is told and asked', async () => {
    const flushed: string[] = []
    await follow(flushed)
    await expect.poll(standing).toMatchObject({ status: 'OPEN' })
    const order = await filledUnseen()
    const executions = await executionsOf(order)
    for (const execution of [...executions, ...executions]) tell({ kind: 'execution', execution })
    await expect.poll(async () => (await stored(order.order_id)).status).toBe('FILLED')
    expect(flushed).toContain(`${account_id}:AAPL`)
    await lookAt(lookOf(broker, account_id), await ordersInStatus(house.store, ['SUBMITTED'], 10))
    const after = await stored(order.order_id)
    expect([after.fills?.length, String(after.filled_qty)]).toEqual([executions.length, '10'])
    expect(after.outbox?.filter(({ topic }) => topic === 'execution-confirmations').length).toBeGreaterThanOrEqual(1)
  })

  it('books account events by their id', async () => {
    await follow()
    const event = {
      kind: 'CASH',
      account_id,
      event_id: 'dividend-1',
      type: 'DIVIDEND',
      currency: 'USD',
      amount: money('12.5'),
      instrument_id: 'AAPL',
      time: at,
      description: 'a dividend',
    } as const
    tell({ kind: 'account', event })
    tell({ kind: 'account', event })
    const booked = () => cashEvents.in(house.store).find({ account_id, event_id: 'dividend-1' }).toArray()
    await expect.poll(async () => (await booked()).length).toBe(1)
  })

  it('shows a lost stream, asks for what was missed, and shuts entries until all was read', async () => {
    await follow()
    await lookAt(lookOf(broker, account_id), [])
    const known = await brokerAccountOf(house.store, account_id)
    if (!known?.reconciled) throw new Error('the account is not reconciled')
    // The broker's clock stands at the time of its quotes.
    await setBrokerAccount(house.store, { ...known, executions_since: at })
    const order = await filledUnseen()
    const before = openings
    tell({ kind: 'status', status: 'DISCONNECTED' })
    await expect.poll(() => openings).toBe(before + 1)
    await expect.poll(async () => (await stored(order.order_id)).status).toBe('FILLED')
    await expect.poll(standing).toMatchObject({ status: 'OPEN', reason: null })
    expect(await brokerAccountOf(house.store, account_id)).toMatchObject({ reconciled: false })
  })

  it('does not take an execution for foreign whose order may just be being stored', async () => {
    await follow()
    const order = await filledUnseen()
    const [execution] = await executionsOf(order)
    if (!execution) throw new Error('nothing was executed')
    const early = { ...execution, client_order_id: 'not-stored-yet', execution_id: 'early', time: new Date() }
    tell({ kind: 'execution', execution: early })
    tell({ kind: 'execution', execution })
    await expect.poll(async () => (await stored(order.order_id)).status).toBe('FILLED')
    expect(await house.store.db.collection('trading_orders').countDocuments({ strategy_id: 'EXTERNAL' })).toBe(0)
  })
})

it('an account that could not be read at first is asked for again within the same run', async () => {
  let asked = 0
  const slow: Broker = {
    ...broker,
    balance: async id => {
      asked += 1
      return asked < 3 ? Promise.reject(new BrokerConnectionError('NO_ANSWER')) : broker.balance(id)
    },
  }
  const said: string[] = []
  const log = { info: () => undefined, error: () => undefined, warning: (message: string) => void said.push(message) }
  const sync = { store: house.store, brokers: async () => slow, time_zone: 'UTC', flush: async () => undefined, deadline_ms: 5_000 }
  const outcome = await syncAll({ ...sync, again_after_ms: [1, 1] })({}, { now: at, log } as never)
  expect(said).toEqual(['account not synced', 'account not synced'])
  expect(outcome.fields).toMatchObject({ failed: [] })
  expect((await currentState(house.store, account_id))?.account_id).toBe(account_id)
})

describe('the keeper of quotes', () => {
  it('stores what a broker says of what is held there, and nothing of a paper broker’s', async () => {
    const { account, broker: plan } = lookOf(broker, account_id)
    const brokers = [{ ...plan, broker_id: 'VENUE', adapter: 'ccxt' as const, accounts: [{ ...account, account_id: 'V1' }] }]
    const fund = { fund_name: 'F', base_currency: 'USD', brokers }
    await accountHierarchy.in(house.store).replaceOne({ _id: 'fund' as never }, fund, { upsert: true })
    const id = { account_id: 'V1', strategy_id: 'Trend', instrument_id: 'SAP', broker_id: 'VENUE', trading_mode: 'PAPER' as const }
    const held = newPosition({ ...id, instrument: { ...german, multiplier: money(1) } }, at)
    await house.store.db.collection('positions').insertOne({ ...held, quantity: money(3), status: 'OPEN' })
    await expect.poll(() => wantedQuotes(house.store)).toEqual(new Map([['VENUE', ['SAP']]]))
    const ending = new AbortController()
    const seen = { bid: money('181'), ask: money('181.5'), last: money('181.2'), as_of: new Date() }
    const running = keepQuotes({ store: house.store, brokers: async () => ({ ...broker, quote: async () => seen }) })(ending.signal)
    const stored = async () => (await quotesOf(house.store, ['SAP'])).get('SAP')
    await expect.poll(async () => (await stored())?.source).toBe('VENUE')
    await storeQuote(house.store, { ...seen, ask: money('1'), as_of: new Date(0), instrument_id: 'SAP', source: 'late' })
    expect(String((await stored())?.ask)).toBe('181.5')
    ending.abort()
    await running
  })
})
