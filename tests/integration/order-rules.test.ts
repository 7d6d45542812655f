import { describe, expect, it } from 'vitest'
import { resolveOrder } from '../../functions/supervise-orders/resolve-order.ts'
import { type Broker, BrokerConnectionError } from '../../shared/brokers/broker.ts'
import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import { orderById } from '../../shared/store/trading-orders.ts'
import { money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, seedHierarchy } = executionHouse(house)

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
})
