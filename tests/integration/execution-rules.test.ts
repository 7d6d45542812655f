import { describe, expect, it } from 'vitest'
import { climb } from '../../functions/supervise-orders/exits.ts'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { type AccountEvent, type Broker, BrokerConnectionError, type BrokerPosition } from '../../shared/brokers/broker.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import { brokerAccountOf } from '../../shared/store/broker-accounts.ts'
import { recordBrokerStatus, recordStream } from '../../shared/store/broker-status.ts'
import { frozenOf } from '../../shared/store/frozen-instruments.ts'
import { createLedger, emptyLedger } from '../../shared/store/margin-ledger.ts'
import { newPosition, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, later, atRealTime } = executionHouse(house)

describe('a look at an account', () => {
  it('rule 7: shuts entries while the broker is away, and opens them when all was read', async () => {
    const account_id = await house.account()
    const away: Broker = { ...house.broker(), openOrders: () => Promise.reject(new BrokerConnectionError('no line')) }
    await lookAt(lookOf(away, account_id), [])
    expect(await brokerAccountOf(house.store, account_id)).toMatchObject({ status: 'DISCONNECTED', reconciled: false })
    await lookAt(lookOf(house.broker(), account_id), [])
    expect(await brokerAccountOf(house.store, account_id)).toMatchObject({ status: 'CONNECTED', reconciled: true })
  })

  it('shows a broker as connected again as soon as a look succeeds, and one whose stream stands from the start', async () => {
    const account_id = await house.account()
    const shown = async (broker_id: string) => (await house.store.db.collection('broker_status').findOne({ broker_id }))?.status
    await lookAt(lookOf(house.broker(), account_id), [])
    await recordBrokerStatus(house.store, { broker_id: 'PAPER', status: 'DISCONNECTED', reason: 'no line', as_of: new Date() })
    await lookAt({ ...lookOf(house.broker(), account_id), shown: 'DISCONNECTED' }, [])
    await recordStream(house.store, 'NEW', { status: 'OPEN', since: new Date(), reason: null })
    expect([await shown('PAPER'), await shown('NEW')]).toEqual(['CONNECTED', 'CONNECTED'])
    await recordBrokerStatus(house.store, { broker_id: 'NEW', status: 'NEEDS_LOGIN', reason: 'over', as_of: new Date(Date.now() - 1_000) })
    expect(await shown('NEW')).toBe('NEEDS_LOGIN')
  })

  it('rule 11 and rule 16: adopts what is not ours as EXTERNAL once, and never touches it', async () => {
    const account_id = await house.account()
    const broker = house.broker({ now: () => new Date() })
    await house.quoted('AAPL', '100', '100.02', '100.01', { as_of: new Date() })
    await broker.placeOrder({ ...command(account_id), client_order_id: 'by-hand', instrument: stock })
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(broker, account_id), [])
      await lookAt(lookOf(broker, account_id), [])
    })
    await house.quoted('AAPL', '100', '100.02', '100.01')
    const adopted = (await tradingOrders.in(house.store).find({ account_id }).toArray()).map(document => tradingOrders.read(document))
    expect(adopted.map(({ order_id, strategy_id, filled_qty }) => [order_id, strategy_id, filled_qty.toString()])).toEqual([
      [`EXT_${account_id}_paper-${account_id}-by-hand`, 'EXTERNAL', '10'],
    ])
  })

  it('rule 16: an order of somebody else that the broker lists no more has ended, fills in parts without an alarm, and each step is told', async () => {
    const account_id = await house.account()
    const broker = house.broker({ now: () => new Date() })
    const fresh = () => house.quoted('AAPL', '100', '100.02', '100.01', { as_of: new Date() })
    await fresh()
    const resting = { ...command(account_id), instrument: stock, order_type: 'LIMIT' as const, limit_price: money(1) }
    for (const client_order_id of ['theirs', 'unheard-of']) await broker.placeOrder({ ...resting, client_order_id })
    await broker.placeOrder({ ...command(account_id), client_order_id: 'big', instrument: stock, quantity: money(2_500) })
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(broker, account_id), [])
      const open = (await tradingOrders.in(house.store).find({ account_id, status: 'SUBMITTED' }).toArray()).map(tradingOrders.read)
      expect(open).toHaveLength(2)
      await fresh()
      await broker.cancelOrder({ account_id, client_order_id: 'theirs' })
      await house.store.db.collection('paper_orders').deleteOne({ account_id, client_order_id: 'unheard-of' })
      later()
      await lookAt(lookOf(broker, account_id), open)
    })
    await house.quoted('AAPL', '100', '100.02', '100.01')
    const adopted = (await tradingOrders.in(house.store).find({ account_id }).sort({ client_order_id: 1 }).toArray()).map(
      tradingOrders.read,
    )
    expect(adopted.map(({ client_order_id, status, quantity }) => `${client_order_id} ${status} ${quantity}`)).toEqual([
      'big FILLED 2500',
      'theirs CANCELED 10',
      'unheard-of CANCELED 10',
    ])
    const outbox = adopted.flatMap(order => order.outbox ?? [])
    expect(outbox.filter(({ topic }) => topic === 'alerts')).toEqual([])
    const told = outbox.map(({ attributes }) => attributes.status)
    const parts = ['FILLED', 'FILLED', 'FILLED']
    expect(told).toEqual(['SUBMITTED', ...parts, 'SUBMITTED', 'CANCELED', 'SUBMITTED', 'CANCELED'])
  })

  it('rule 12: lets an execution wait whose order is not stored yet, and then applies it', async () => {
    const account_id = await house.account()
    const broker = house.broker({ now: () => new Date() })
    await house.quoted('AAPL', '100', '100.02', '100.01', { as_of: new Date() })
    const early = command(account_id)
    await broker.placeOrder({ ...early, instrument: stock })
    await lookAt(lookOf(broker, account_id), [])
    expect(await tradingOrders.in(house.store).countDocuments({ account_id })).toBe(0)
    await executing({ ...broker, placeOrder: async () => ({ kind: 'confirmed', broker_order_id: 'b' }), getOrder: async () => null })(early)
    await lookAt(lookOf(broker, account_id), [])
    expect(await stored(early.order_id)).toMatchObject({ status: 'FILLED', filled_qty: money(10) })
    await house.quoted('AAPL', '100', '100.02', '100.01')
  })

  it('rule 17: reads a difference again twice, and then freezes the instrument', async () => {
    const account_id = await house.account()
    await lookAt(lookOf(house.broker(), account_id), [])
    await replacePosition(house.store, {
      ...newPosition(
        { account_id, strategy_id: 'Trend', instrument_id: 'AAPL', instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' },
        at,
      ),
      quantity: money(5),
      status: 'OPEN',
    })
    await atRealTime(async () => {
      for (const frozen of [0, 0, 1]) {
        later()
        await lookAt(lookOf(house.broker(), account_id), [])
        expect(await frozenOf(house.store, account_id)).toHaveLength(frozen)
      }
    })
    expect((await frozenOf(house.store, account_id)).map(({ ours, theirs }) => `${ours} ${theirs}`)).toEqual(['5 0'])
  })

  it('rule 17: books a split that nobody has asked for yet, and takes it for no difference', async () => {
    const account_id = await house.account()
    await lookAt(lookOf(house.broker(), account_id), [])
    const id = { account_id, strategy_id: 'Trend', instrument_id: 'AAPL' }
    const position = newPosition({ ...id, instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
    await replacePosition(house.store, { ...position, quantity: money(5), status: 'OPEN' })
    const split: AccountEvent = {
      kind: 'POSITION',
      account_id,
      event_id: 'split',
      type: 'SPLIT',
      instrument_id: 'AAPL',
      quantity_change: money(5),
      ratio: money(2),
      price: null,
      into: null,
      time: new Date(),
      description: '',
    }
    const held: BrokerPosition = {
      account_id,
      instrument_id: 'AAPL',
      symbol: 'AAPL',
      side: 'LONG',
      quantity: money(10),
      avg_price: money(50),
      current_price: money(50),
      unrealized_pnl: ZERO,
    }
    const broker: Broker = { ...house.broker(), accountEvents: async () => [split], positions: async () => [held] }
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(broker, account_id), [])
    })
    expect((await positionOf(house.store, id))?.quantity.toNumber()).toBe(10)
    expect((await brokerAccountOf(house.store, account_id))?.suspects).toEqual([])
  })

  it('rule 18: never takes a failed question for an empty answer', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(broker)(placed)
    const deaf: Broker = { ...broker, positions: () => Promise.reject(new BrokerConnectionError('no line')) }
    await lookAt(lookOf(deaf, account_id), [await stored(placed.order_id)])
    expect((await stored(placed.order_id)).status).toBe('SUBMITTED')
    expect(await frozenOf(house.store, account_id)).toEqual([])
  })

  it('rule 19: judges no order that was active in the last five seconds', async () => {
    const account_id = await house.account()
    const placed = command(account_id)
    const blind: Broker = { ...house.broker(), placeOrder: async () => ({ kind: 'unknown', reason: 'gone' }), getOrder: async () => null }
    await executing(blind)(placed)
    const look = lookOf(blind, account_id)
    const started: string[] = []
    await lookAt({ ...look, memory: { ...look.memory, once: name => void started.push(name) } }, [await stored(placed.order_id)])
    expect(started).toEqual([])
    await atRealTime(async () => {
      later()
      await lookAt({ ...look, memory: { ...look.memory, once: name => void started.push(name) } }, [await stored(placed.order_id)])
    })
    expect(started).toEqual([placed.order_id])
  })

  it('rule 20: asks a broker as often for a hundred orders as for one', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    for (let n = 0; n < 20; n += 1) await executing(broker)(command(account_id, { order_type: 'LIMIT', limit_price: money(90) }))
    const open = (await tradingOrders.in(house.store).find({ account_id }).toArray()).map(document => tradingOrders.read(document))
    const asked: string[] = []
    const counted = new Proxy(broker, {
      get: (target, name: keyof Broker) => {
        if (typeof target[name] === 'function') asked.push(name)
        return target[name]
      },
    })
    await lookAt(lookOf(counted, account_id), open)
    expect(asked.sort()).toEqual(['executions', 'openOrders', 'positions'])
  })

  it('rule 21: cancels an entry whose time is over', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(broker)(placed)
    const entry = { ...(await stored(placed.order_id)), is_exit: false, expires_at: new Date(0) }
    await tradingOrders.in(house.store).updateOne({ order_id: placed.order_id }, { $set: { is_exit: false, expires_at: new Date(0) } })
    await lookAt(lookOf(broker, account_id), [entry])
    expect((await stored(placed.order_id)).status).toBe('CANCELED')
  })

  it('rule 21: sends no entry after its time, whoever asks', async () => {
    const account_id = await house.account()
    const placed = command(account_id, { is_exit: false, expires_at: new Date(0) })
    let sent = 0
    await executing({ ...house.broker(), placeOrder: async () => ({ kind: 'confirmed', broker_order_id: String(++sent) }) })(placed)
    expect([sent, (await stored(placed.order_id)).status]).toEqual([0, 'EXPIRED'])
  })

  it('rule 22: looks at every other account while one broker is down', async () => {
    const [down, up] = [await house.account(), await house.account()]
    const hanging: Broker = { ...house.broker(), openOrders: () => new Promise(() => undefined), status: async () => 'DISCONNECTED' }
    const stuck = lookAt(lookOf(hanging, down), [])
    await lookAt(lookOf(house.broker(), up), [])
    expect(await brokerAccountOf(house.store, up)).toMatchObject({ reconciled: true })
    await stuck
    expect(await brokerAccountOf(house.store, down)).toMatchObject({ reconciled: false })
  })
})

describe('an exit that does not fill', () => {
  it('is tried again under the next id for what is still held, once however many supervisors do it', async () => {
    const account_id = await house.account()
    await house.quoted('AAPL', '100', '100.02', '100.01', { open: false })
    await createLedger(house.store, emptyLedger('fund', 'PAPER'))
    await replacePosition(house.store, {
      ...newPosition(
        { account_id, strategy_id: 'Trend', instrument_id: 'AAPL', instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' },
        at,
      ),
      quantity: money(7),
      status: 'OPEN',
    })
    const placed = command(account_id, { action: 'SELL' })
    const broker = house.broker()
    await executing(broker)(placed)
    const exit = await stored(placed.order_id)
    expect(exit).toMatchObject({ status: 'REJECTED', reason: 'BROKER_REJECTED: MARKET_CLOSED: instrument_id=AAPL', unfinished_exit: true })
    await house.quoted('AAPL', '100', '100.02', '100.01')
    await atRealTime(async () => {
      later()
      await Promise.all([climb(lookOf(broker, account_id), exit), climb(lookOf(broker, account_id), exit)])
    })
    const after = await stored(placed.order_id)
    const sent = (after.outbox ?? []).filter(({ topic }) => topic === 'trading-orders').map(({ data }) => JSON.parse(data))
    expect(sent.map(({ order_id, quantity, order_type }) => ({ order_id, quantity, order_type }))).toEqual([
      { order_id: `${placed.order_id}_R1`, quantity: '7', order_type: 'MARKET' },
    ])
    expect(after).toMatchObject({ superseded_by: `${placed.order_id}_R1`, unfinished_exit: false, ladder: [{ rung: 'MARKET' }] })
    const position = await positionOf(house.store, { account_id, strategy_id: 'Trend', instrument_id: 'AAPL' })
    expect(position?.closing.map(({ order_id, quantity }) => `${order_id} ${quantity}`)).toEqual([`${placed.order_id}_R1 7`])
    expect(position?.quantity.gt(ZERO)).toBe(true)
  })
})
