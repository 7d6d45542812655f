import { describe, expect, it, vi } from 'vitest'
import { climb } from '../../functions/supervise-orders/exits.ts'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { type Broker, BrokerConnectionError } from '../../shared/brokers/broker.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { cerebroDecisions, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import { newPosition, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, atRealTime, seedHierarchy } = executionHouse(house)

/** A long position of 7 that an exit is to close. */
async function held(): Promise<string> {
  const account_id = await house.account()
  await seedHierarchy()
  const id = { account_id, strategy_id: 'Trend', instrument_id: 'AAPL' }
  const position = newPosition({ ...id, instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
  await replacePosition(house.store, { ...position, quantity: money(7), status: 'OPEN' })
  return account_id
}

const limitExit = (account_id: string, changes: Partial<OrderCommand> = {}) =>
  command(account_id, { action: 'SELL', quantity: money(7), order_type: 'LIMIT', limit_price: money(110), ...changes })

/** An exit's decision that waits for the entry that it cancels. */
const waitingDecision = (cancel: OrderCommand): StoredDecision => ({
  signal_id: 'Exit',
  strategy_id: 'Trend',
  cerebro_version: 'v1',
  timestamp: at,
  ticker: 'AAPL',
  action: 'SELL',
  decision: 'APPROVED',
  approved: true,
  reason_code: null,
  reason: '',
  account_id: cancel.account_id,
  trading_mode: 'PAPER',
  allocation_id: null,
  allocation_pct: ZERO,
  available_capital: ZERO,
  wanted_quantity: ZERO,
  position_size: ZERO,
  position_size_usd: ZERO,
  cut_by: null,
  margin_impact: ZERO,
  cvar_before: null,
  cvar_after: null,
  cvar_marginal: null,
  calculation: [],
  legs: [],
  reservations: [],
  route: 'direct',
  orders: [cancel],
  waiting_for: cancel.target_order_id === null ? [] : [cancel.target_order_id],
  round: 0,
})

const passed = (ms: number) => vi.setSystemTime(Date.now() + ms)
const rungsOf = async (order_id: string) => (await stored(order_id)).ladder?.map(({ rung }) => rung) ?? []
const sentFrom = async (order_id: string): Promise<Record<string, unknown>[]> =>
  ((await stored(order_id)).outbox ?? []).filter(({ topic }) => topic === 'trading-orders').map(({ data }) => JSON.parse(data))

describe('the ladder of an exit (EXE-7)', () => {
  it('asks first, then re-prices within the collar, then takes the limit back for a market order', async () => {
    const account_id = await held()
    const broker = house.broker()
    const placed = limitExit(account_id)
    await executing(broker)(placed)
    const look = lookOf(broker, account_id)
    await atRealTime(async () => {
      passed(6_000)
      await climb(look, await stored(placed.order_id))
      expect(await rungsOf(placed.order_id)).toEqual(['REQUERY'])
      passed(10_000)
      // As if the market were out of reach, so that the new limit rests: 0.5 % below a bid of 120.
      const far = { instrument_id: 'AAPL', bid: money(120), ask: money('120.02'), last: money(120), as_of: at }
      await climb(lookOf({ ...broker, quote: async () => far }, account_id), await stored(placed.order_id))
      expect(await rungsOf(placed.order_id)).toEqual(['REQUERY', 'REPRICE'])
      expect((await stored(placed.order_id)).limit_price?.toString()).toBe('119.4')
      expect((await broker.getOrder(placed))?.limit_price?.toString()).toBe('119.4')
      passed(25_000)
      await climb(look, await stored(placed.order_id))
      expect(await stored(placed.order_id)).toMatchObject({ status: 'CANCELED', unfinished_exit: true })
      passed(2_000)
      await climb(look, await stored(placed.order_id))
    })
    expect(await rungsOf(placed.order_id)).toEqual(['REQUERY', 'REPRICE', 'MARKET', 'MARKET'])
    expect(await sentFrom(placed.order_id)).toMatchObject([
      { order_id: `${placed.order_id}_R1`, order_type: 'MARKET', quantity: '7', limit_price: null },
    ])
  })

  it('is split in two after three whole attempts were rejected, and each part goes on by itself', async () => {
    const account_id = await held()
    const refusing: Broker = { ...house.broker(), placeOrder: async () => ({ kind: 'rejected', reason: 'TOO_LARGE' }) }
    const root = limitExit(account_id, { order_type: 'MARKET', limit_price: null })
    const rejected = async (order_id: string, quantity: number) => {
      await executing(refusing)({ ...root, order_id, client_order_id: order_id, quantity: money(quantity) })
      passed(400_000)
      await climb(lookOf(refusing, account_id), await stored(order_id))
      return (await sentFrom(order_id)).map(sent => `${sent.order_id} ${sent.quantity}`.replace(root.order_id, ''))
    }
    await atRealTime(async () => {
      expect(await rejected(root.order_id, 7)).toEqual(['_R1 7'])
      expect(await rejected(`${root.order_id}_R1`, 7)).toEqual(['_R2 7'])
      expect(await rejected(`${root.order_id}_R2`, 7)).toEqual(['_R3 7'])
      expect(await rejected(`${root.order_id}_R3`, 7)).toEqual(['_R4 3', '_R5 4'])
      expect(await rejected(`${root.order_id}_R4`, 3)).toEqual(['_R6 3'])
      expect(await rejected(`${root.order_id}_R5`, 4)).toEqual(['_R7 4'])
    })
    const position = await positionOf(house.store, { account_id, strategy_id: 'Trend', instrument_id: 'AAPL' })
    expect(position?.closing.map(({ order_id, quantity }) => `${order_id} ${quantity}`.replace(root.order_id, '')).sort()).toEqual([
      '_R6 3',
      '_R7 4',
    ])
  })

  it('leaves alone what a later order of the same exit has claimed, and takes none of its ids', async () => {
    const account_id = await held()
    const root = limitExit(account_id, { order_type: 'MARKET', limit_price: null })
    const position = await positionOf(house.store, { account_id, strategy_id: 'Trend', instrument_id: 'AAPL' })
    if (!position) throw new Error('there is no position')
    // The decision closes 3 that filled late by an order of its own.
    const claims = [
      { order_id: root.order_id, quantity: money(4), at },
      { order_id: `${root.order_id}_R1000`, quantity: money(3), at },
    ]
    await replacePosition(house.store, { ...position, closing: claims })
    const refusing: Broker = { ...house.broker(), placeOrder: async () => ({ kind: 'rejected', reason: 'NOT_NOW' }) }
    await executing(refusing)(root)
    await atRealTime(async () => {
      passed(2_000)
      await climb(lookOf(refusing, account_id), await stored(root.order_id))
    })
    expect(await sentFrom(root.order_id)).toMatchObject([{ order_id: `${root.order_id}_R1`, quantity: '4' }])
  })
})

describe('an exit that does not fill', () => {
  it('pages nobody before its market was open for a minute (EXE-7)', async () => {
    const account_id = await house.account()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(house.broker())(placed)
    const deaf: Broker = { ...house.broker(), cancelOrder: async () => ({ kind: 'unknown', reason: 'lost' }) }
    const climbed = async () => (await stored(placed.order_id)).ladder?.map(({ rung }) => rung) ?? []
    await atRealTime(async () => {
      // An hour has passed, of which the market was open for the last 59 s: a holiday's morning.
      vi.setSystemTime(Date.now() + 3_600_000)
      const opens_at = new Date(Date.now() - 59_000)
      const broker: Broker = { ...deaf, calendar: async (_instrument, _from, to) => [{ opens_at, closes_at: to }] }
      await climb(lookOf(broker, account_id), await stored(placed.order_id))
      expect(await climbed()).toEqual(['MARKET'])
      vi.setSystemTime(Date.now() + 1_000)
      await climb(lookOf(broker, account_id), await stored(placed.order_id))
      expect(await climbed()).toContain('PAGE')
      const closed: Broker = { ...deaf, calendar: async () => [] }
      const resting = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
      await executing(house.broker())(resting)
      vi.setSystemTime(Date.now() + 3_600_000)
      await climb(lookOf(closed, account_id), await stored(resting.order_id))
      expect((await stored(resting.order_id)).ladder?.map(({ rung }) => rung)).toEqual(['REQUERY'])
    })
  })

  it('pages people once in five minutes, until one of them knows', async () => {
    const account_id = await house.account()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(house.broker())(placed)
    const pages = async () => (await stored(placed.order_id)).ladder?.filter(({ rung }) => rung === 'PAGE').length ?? 0
    const deaf: Broker = { ...house.broker(), cancelOrder: async () => ({ kind: 'unknown', reason: 'lost' }) }
    await atRealTime(async () => {
      vi.setSystemTime(Date.now() + 61_000)
      await climb(lookOf(deaf, account_id), await stored(placed.order_id))
      await climb(lookOf(deaf, account_id), await stored(placed.order_id))
      expect(await pages()).toBe(1)
      vi.setSystemTime(Date.now() + 301_000)
      await climb(lookOf(deaf, account_id), await stored(placed.order_id))
      expect(await pages()).toBe(2)
    })
  })
})

describe('what a broker tells late or twice', () => {
  it('rule 13: never moves an order backward', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id)
    await executing(broker)(placed)
    const filled = await stored(placed.order_id)
    expect(filled.status).toBe('FILLED')
    const seen = await broker.getOrder(placed)
    if (!seen) throw new Error('the broker does not know it')
    const late: Broker = { ...broker, openOrders: async () => [{ ...seen, status: 'SUBMITTED', filled_qty: money(0), fills: [] }] }
    await lookAt(lookOf(late, account_id), [filled])
    await lookAt(lookOf({ ...late, openOrders: async () => [seen, seen] }, account_id), [filled])
    expect(await stored(placed.order_id)).toMatchObject({ status: 'FILLED', filled_qty: money(10), version: filled.version })
  })
})

describe('a cancel that came before its order', () => {
  it('is made up for as soon as the order works', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(broker)(command(account_id, { command: 'CANCEL', target_order_id: placed.order_id }))
    await executing(broker)(placed)
    await tradingOrders.in(house.store).updateOne({ order_id: placed.order_id }, { $set: { is_exit: false } })
    const cancel = { ...command(account_id), command: 'CANCEL' as const, target_order_id: placed.order_id }
    await cerebroDecisions.in(house.store).insertOne(waitingDecision(cancel))
    await lookAt(lookOf(broker, account_id), [await stored(placed.order_id)])
    expect(await stored(placed.order_id)).toMatchObject({ status: 'CANCELED' })
    expect((await broker.getOrder(placed))?.status).toBe('CANCELED')
  })
})

describe('one question that breaks off', () => {
  it('shuts nothing while the broker says that it is there, and is asked once more', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    await lookAt(lookOf(broker, account_id), [])
    let asked = 0
    const shaky: Broker = {
      ...broker,
      openOrders: id => {
        asked += 1
        return asked === 1 ? Promise.reject(new BrokerConnectionError('reset')) : broker.openOrders(id)
      },
    }
    expect([await lookAt(lookOf(shaky, account_id), []), asked]).toEqual([true, 2])
  })
})
