import { describe, expect, it } from 'vitest'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { resolveOrder } from '../../functions/supervise-orders/resolve-order.ts'
import { type Broker, BrokerConnectionError } from '../../shared/brokers/broker.ts'
import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import { executionConfirmation } from '../../shared/messages/order.ts'
import { newPosition, replacePosition } from '../../shared/store/positions.ts'
import { orderById } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, later, atRealTime, seedHierarchy } = executionHouse(house)

/** The confirmations that an order's writes left to be sent. */
const toldOf = async (order_id: string) =>
  ((await stored(order_id)).outbox ?? [])
    .filter(({ topic }) => topic === 'execution-confirmations')
    .map(({ data, attributes, ordering_key }) => ({ ...executionConfirmation.parse(JSON.parse(data)), attributes, ordering_key }))

describe('an order on its way to a broker', () => {
  it('rule 1: is stored with its client id before anything is sent', async () => {
    const account_id = await house.account()
    const placed = command(account_id)
    const seen: (string | undefined)[] = []
    const broker = house.broker()
    await executing({
      ...broker,
      placeOrder: async request => {
        const intent = await orderById(house.store, placed.order_id)
        seen.push(intent?.status, intent?.client_order_id)
        return broker.placeOrder(request)
      },
    })(placed)
    expect(seen).toEqual(['SUBMITTING', placed.client_order_id])
  })

  it('EXE-8: is told of state by state, once each, under one key and in order', async () => {
    const account_id = await house.account()
    const [filled, denied] = [command(account_id), command(account_id, { trading_mode: 'LIVE' })]
    await executing(house.broker())(filled)
    await executing(house.broker())(filled)
    await executing(house.broker())(denied)
    const all = await toldOf(filled.order_id)
    expect(all.map(({ status }) => status)).toEqual(['NEW', 'SUBMITTING', 'FILLED'])
    expect((await toldOf(denied.order_id)).map(({ status }) => status)).toEqual(['NEW', 'DENIED'])
    expect(new Set(all.map(({ confirmation_id }) => confirmation_id)).size).toBe(3)
    expect(new Set(all.map(({ ordering_key }) => ordering_key))).toEqual(new Set([`${account_id}:AAPL`]))
    expect(all[1]).toMatchObject({ attributes: { status: 'SUBMITTING' }, remaining_qty: money(10), filled_qty: ZERO, fills: [] })
  })

  it('rule 2: has a client id that follows from its order id and fits each broker', () => {
    const id = 'Some_Long_Strategy_20260302_150000_001_ORD_R2'
    const of = (client_order_id_length: number, client_order_id_symbols: boolean) =>
      clientOrderId(id, { client_order_id_length, client_order_id_symbols })
    expect(of(128, true)).toBe(id)
    expect([of(20, false), of(20, false)]).toEqual([expect.stringMatching(/^[A-Za-z0-9]{20}$/), of(20, false)])
    expect(of(36, true)).toHaveLength(36)
    expect(clientOrderId('S_1', { client_order_id_length: 20, client_order_id_symbols: false })).toMatch(/^[a-z0-9]{20}$/)
  })

  it.each(['time-out', 'connection reset', '502', 'unreadable answer'])('rule 3: is UNKNOWN, never REJECTED, after a %s', async fault => {
    const account_id = await house.account()
    const placed = command(account_id)
    await executing({ ...house.broker(), placeOrder: () => Promise.reject(new BrokerConnectionError(fault)) })(placed)
    expect(await stored(placed.order_id)).toMatchObject({ status: 'UNKNOWN', reason: fault })
  })

  it('rule 4: is asked for, and not sent again, where its answer was lost', async () => {
    const account_id = await house.account()
    const placed = command(account_id)
    const broker = house.broker()
    let sent = 0
    const losing: Broker = {
      ...broker,
      placeOrder: async request => {
        sent += 1
        await broker.placeOrder(request)
        return { kind: 'unknown', reason: 'the answer was lost' }
      },
    }
    await executing(losing)(placed)
    await executing(losing)(placed)
    await resolveOrder({ store: house.store, brokers: async () => losing }, await stored(placed.order_id))
    expect(await stored(placed.order_id)).toMatchObject({ status: 'FILLED', filled_qty: money(10) })
    expect(sent).toBe(1)
  })

  it('rule 5: counts as never seen only after three questions over more than five seconds', async () => {
    const account_id = await house.account()
    const placed = command(account_id)
    await executing({ ...house.broker(), placeOrder: async () => ({ kind: 'unknown', reason: 'gone' }) })(placed)
    const asked: number[] = []
    const blind: Broker = {
      ...house.broker(),
      getOrder: async () => {
        asked.push(performance.now())
        return null
      },
    }
    await seedHierarchy()
    const after = await resolveOrder({ store: house.store, brokers: async () => blind }, await stored(placed.order_id))
    expect(after.status).toBe('NEW')
    expect(asked).toHaveLength(3)
    expect((asked[2] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(5_000)
    await executing(house.broker())(placed)
    const states = ['NEW', 'SUBMITTING', 'UNKNOWN', 'NEW', 'SUBMITTING', 'FILLED']
    expect((await stored(placed.order_id)).states.map(({ status }) => status)).toEqual(states)
    // Each of them was told of (EXE-8).
    expect((await toldOf(placed.order_id)).map(({ status }) => status)).toEqual(states)
  })

  it('rule 21: decides an exit that never came to the broker again, from the position as it is by then', async () => {
    await seedHierarchy()
    const gone: Broker = { ...house.broker(), placeOrder: async () => ({ kind: 'unknown', reason: 'gone' }) }
    const supervision = { store: house.store, brokers: async () => house.broker() }
    const [half, none] = await Promise.all(
      [3, 0].map(async left => {
        const account_id = await house.account()
        const placed = command(account_id, { action: 'SELL', quantity: money(7) })
        await executing(gone)(placed)
        const id = { account_id, strategy_id: 'Trend', instrument_id: stock.instrument_id }
        const position = newPosition({ ...id, instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
        await replacePosition(house.store, { ...position, quantity: money(left), status: left === 0 ? 'CLOSED' : 'OPEN' })
        return resolveOrder(supervision, await stored(placed.order_id))
      }),
    )
    expect([half?.status, half?.quantity.toNumber()]).toEqual(['NEW', 3])
    expect([none?.status, none?.reason]).toEqual(['CANCELED', 'canceled by the end of its position'])
  })

  it('rule 5: proves nothing by a question that fails', async () => {
    const account_id = await house.account()
    const placed = command(account_id)
    await executing({ ...house.broker(), placeOrder: async () => ({ kind: 'unknown', reason: 'gone' }) })(placed)
    const deaf: Broker = { ...house.broker(), getOrder: () => Promise.reject(new BrokerConnectionError('no line')) }
    await expect(resolveOrder({ store: house.store, brokers: async () => deaf }, await stored(placed.order_id))).rejects.toThrow('no line')
    expect((await stored(placed.order_id)).status).toBe('UNKNOWN')
  })

  it('rule 6: stays CANCEL_PENDING, or keeps the change that was wanted, where the answer is lost', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90), is_exit: true })
    await executing(broker)(placed)
    const losing: Broker = {
      ...broker,
      cancelOrder: async () => ({ kind: 'unknown', reason: 'lost' }),
      modifyOrder: async () => ({ kind: 'unknown', reason: 'lost' }),
    }
    const change = command(account_id, { command: 'MODIFY', target_order_id: placed.order_id, limit_price: money(95) })
    await executing(losing)(change)
    expect(await stored(placed.order_id)).toMatchObject({ status: 'SUBMITTED', limit_price: money(90), wanted: { limit_price: money(95) } })
    await executing(broker)(change)
    const changed = await stored(placed.order_id)
    expect([changed.limit_price?.toString(), changed.wanted]).toEqual(['95', undefined])
    await executing(losing)(command(account_id, { command: 'CANCEL', target_order_id: placed.order_id }))
    expect((await stored(placed.order_id)).status).toBe('CANCEL_PENDING')
  })

  it('rule 6: has a change and a cancel without an answer asked for again', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(broker)(placed)
    const losing: Broker = {
      ...broker,
      cancelOrder: async () => ({ kind: 'unknown', reason: 'lost' }),
      modifyOrder: async () => ({ kind: 'unknown', reason: 'lost' }),
    }
    await executing(losing)(command(account_id, { command: 'MODIFY', target_order_id: placed.order_id, limit_price: money(95) }))
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(broker, account_id), [await stored(placed.order_id)])
    })
    const changed = await stored(placed.order_id)
    expect([changed.limit_price?.toString(), changed.wanted]).toEqual(['95', undefined])
    expect((await broker.getOrder(placed))?.limit_price?.toString()).toBe('95')
    await executing(losing)(command(account_id, { command: 'CANCEL', target_order_id: placed.order_id }))
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(broker, account_id), [await stored(placed.order_id)])
    })
    expect((await stored(placed.order_id)).status).toBe('CANCELED')
  })

  it('rule 6: knows a change that was taken without an answer by the order itself, and does not ask for it again', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    await executing(broker)(placed)
    let asked = 0
    const deaf: Broker = {
      ...broker,
      modifyOrder: async request => {
        asked += 1
        await broker.modifyOrder(request)
        return { kind: 'unknown', reason: 'the answer was lost' }
      },
    }
    await executing(deaf)(command(account_id, { command: 'MODIFY', target_order_id: placed.order_id, limit_price: money(95) }))
    await atRealTime(async () => {
      later()
      await lookAt(lookOf(deaf, account_id), [await stored(placed.order_id)])
    })
    const changed = await stored(placed.order_id)
    expect([asked, changed.limit_price?.toString(), changed.wanted]).toEqual([1, '95', undefined])
  })

  it('is canceled as soon as it is found, where the cancel came while nobody knew of it', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const placed = command(account_id, { order_type: 'LIMIT', limit_price: money(90) })
    const losing: Broker = {
      ...broker,
      placeOrder: async request => {
        await broker.placeOrder(request)
        return { kind: 'unknown', reason: 'the answer was lost' }
      },
    }
    await executing(losing)(placed)
    await executing(broker)(command(account_id, { command: 'CANCEL', target_order_id: placed.order_id }))
    expect(await stored(placed.order_id)).toMatchObject({ status: 'UNKNOWN' })
    await resolveOrder({ store: house.store, brokers: async () => broker }, await stored(placed.order_id))
    await lookAt(lookOf(broker, account_id), [await stored(placed.order_id)])
    expect((await stored(placed.order_id)).status).toBe('CANCELED')
    expect((await broker.getOrder(placed))?.status).toBe('CANCELED')
  })
})
