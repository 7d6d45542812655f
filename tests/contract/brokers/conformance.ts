import { describe, expect, it } from 'vitest'
import type { Broker, PlaceRequest } from '../../../shared/brokers/broker.ts'
import { BrokerError } from '../../../shared/brokers/broker.ts'
import { legOrderId } from '../../../shared/brokers/client-order-id.ts'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import type { OrderType } from '../../../shared/messages/order.ts'

/** A broker over its venue, and what a test may make that venue do. */
export interface Venue {
  broker: Broker
  account_id: string
  /** An instrument that trades there, whose lot is 1 or less. */
  instrument: PlaceRequest['instrument']
  /** Sets bid, ask and last; every resting order that they reach fills. */
  price(bid: string, ask: string): Promise<void>
  /** Makes the venue take the next order, but lose its answer; absent where it cannot. */
  loseNextAnswer?(): void
  close?(): Promise<void>
}

const all: readonly OrderType[] = [
  'MARKET',
  'LIMIT',
  'STOP',
  'STOP_LIMIT',
  'TRAILING_STOP',
  'MARKET_ON_OPEN',
  'MARKET_ON_CLOSE',
  'LIMIT_ON_OPEN',
  'LIMIT_ON_CLOSE',
  'BRACKET',
  'OCO',
]

const money = (text: string) => new Decimal(text)

/** Terms with which an order of a type rests while the market stands at 100 / 100.02. */
const resting: Partial<Record<OrderType, Partial<PlaceRequest>>> = {
  LIMIT: { limit_price: money('90') },
  STOP: { stop_price: money('110') },
  STOP_LIMIT: { stop_price: money('110'), limit_price: money('111') },
  TRAILING_STOP: { trail_pct: money('5') },
  BRACKET: { limit_price: money('90'), stop_loss: money('80'), take_profit: money('120') },
}

let placed = 0
const nextId = (): string => {
  placed += 1
  return `conf${placed}`
}

/** What every adapter must do, run over a simulator that speaks the broker's own protocol. */
export function conformance(name: string, open: () => Promise<Venue>): void {
  const request = ({ account_id, instrument }: Venue, changes: Partial<PlaceRequest> = {}): PlaceRequest => ({
    account_id,
    client_order_id: nextId(),
    instrument,
    action: 'BUY',
    quantity: money('1'),
    order_type: 'MARKET',
    time_in_force: 'DAY',
    limit_price: null,
    stop_price: null,
    trail_amount: null,
    trail_pct: null,
    stop_loss: null,
    take_profit: null,
    expires_at: null,
    is_exit: false,
    ...changes,
  })
  const timeInForceOf = ({ broker }: Venue, type: OrderType) =>
    type === 'MARKET' || broker.capabilities.times_in_force.includes('DAY') ? 'DAY' : 'GTC'
  const opened = async () => {
    const venue = await open()
    await venue.broker.connect()
    await venue.price('100', '100.02')
    return venue
  }

  describe(`${name} keeps the port`, () => {
    it('connects twice without harm and says so', async () => {
      const { broker } = await opened()
      await broker.connect()
      expect(await broker.status()).toBe('CONNECTED')
    })

    it('fills a market order and tells it by its client id, exactly', async () => {
      const venue = await opened()
      const order = request(venue, { quantity: money('3') })
      const result = await venue.broker.placeOrder(order)
      expect(result.kind).toBe('confirmed')
      await expect.poll(async () => (await venue.broker.getOrder(order))?.status).toBe('FILLED')
      const seen = await venue.broker.getOrder(order)
      expect(seen).toMatchObject({ client_order_id: order.client_order_id, action: 'BUY', instrument_id: venue.instrument.instrument_id })
      expect(seen?.filled_qty.toString()).toBe('3')
      expect(seen?.fills.reduce((sum, { quantity }) => sum.plus(quantity), money('0')).toString()).toBe('3')
    })

    it('makes one order of one client id, however often it is placed', async () => {
      const venue = await opened()
      const order = request(venue)
      await venue.broker.placeOrder(order)
      await venue.broker.placeOrder(order)
      await expect.poll(async () => (await venue.broker.getOrder(order))?.status).toBe('FILLED')
      const since = new Date(0)
      const ours = (await venue.broker.executions(venue.account_id, since)).filter(each => each.client_order_id === order.client_order_id)
      expect(ours.reduce((sum, { quantity }) => sum.plus(quantity), money('0')).toString()).toBe('1')
    })

    it('never doubles an order whose answer was lost', async () => {
      const venue = await opened()
      if (!venue.loseNextAnswer) return
      const order = request(venue)
      venue.loseNextAnswer()
      expect((await venue.broker.placeOrder(order)).kind).toBe('unknown')
      await expect.poll(async () => (await venue.broker.getOrder(order))?.status).toBe('FILLED')
      await venue.broker.placeOrder(order)
      const ours = (await venue.broker.executions(venue.account_id, new Date(0))).filter(
        each => each.client_order_id === order.client_order_id,
      )
      expect(ours.reduce((sum, { quantity }) => sum.plus(quantity), money('0')).toString()).toBe('1')
    })

    it('says that it has no order of an unknown id', async () => {
      const { broker, account_id } = await opened()
      expect(await broker.getOrder({ account_id, client_order_id: 'never' })).toBeNull()
      expect((await broker.cancelOrder({ account_id, client_order_id: 'never' })).kind).not.toBe('confirmed')
    })

    it.each(all)('takes %s, or says that it does not', async order_type => {
      const venue = await opened()
      const { broker, account_id } = venue
      const order = request(venue, { ...resting[order_type], order_type, time_in_force: timeInForceOf(venue, order_type) })
      if (!broker.capabilities.order_types.includes(order_type)) {
        expect(await broker.placeOrder(order)).toMatchObject({
          kind: 'rejected',
          reason: expect.stringContaining('UNSUPPORTED_ORDER_TYPE'),
        })
        return
      }
      if (!resting[order_type]) return
      expect((await broker.placeOrder(order)).kind).toBe('confirmed')
      await expect
        .poll(async () => (await broker.openOrders(account_id)).map(each => each.client_order_id))
        .toContain(order.client_order_id)
      expect((await broker.cancelOrder(order)).kind).toBe('confirmed')
      await expect.poll(async () => (await broker.getOrder(order))?.status).toBe('CANCELED')
    })

    it('fills a resting limit when the market reaches it, and changes it before', async () => {
      const venue = await opened()
      const { broker } = venue
      if (!broker.capabilities.order_types.includes('LIMIT')) return
      const order = request(venue, { order_type: 'LIMIT', limit_price: money('90') })
      await broker.placeOrder(order)
      if (broker.capabilities.modifies) {
        const changed = await broker.modifyOrder({ ...order, changes: { limit_price: money('95') } })
        expect(changed.kind).toBe('confirmed')
      }
      await venue.price('89.98', '90')
      await expect.poll(async () => (await broker.getOrder(order))?.status).toBe('FILLED')
    })

    it('closes a bracket by one of its sides only', async () => {
      const venue = await opened()
      const { broker } = venue
      if (!broker.capabilities.order_types.includes('BRACKET')) return
      const order = request(venue, { order_type: 'BRACKET', stop_loss: money('80'), take_profit: money('120') })
      await broker.placeOrder(order)
      await expect.poll(async () => (await broker.getOrder(order))?.status).toBe('FILLED')
      await venue.price('121', '121.02')
      await expect
        .poll(async () => (await broker.getOrder(order))?.legs.map(({ role, status }) => `${role} ${status}`).sort())
        .toEqual(['STOP_LOSS CANCELED', 'TAKE_PROFIT FILLED'])
      const [leg] = (await broker.getOrder(order))?.legs.filter(({ role }) => role === 'TAKE_PROFIT') ?? []
      expect([legOrderId(order.client_order_id, 'TAKE_PROFIT'), leg?.client_order_id]).toContain(leg?.client_order_id)
      expect(leg?.action).toBe('SELL')
    })

    it('tells executions since a moment, each with an id of its own', async () => {
      const venue = await opened()
      const { broker, account_id } = venue
      await broker.placeOrder(request(venue))
      await broker.placeOrder(request(venue, { action: 'SELL' }))
      await expect.poll(async () => (await broker.executions(account_id, new Date(0))).length).toBeGreaterThanOrEqual(2)
      const all = await broker.executions(account_id, new Date(0))
      expect(new Set(all.map(({ execution_id }) => execution_id)).size).toBe(all.length)
      expect(await broker.executions(account_id, new Date('2999-01-01'))).toEqual([])
    })

    it('tells balance, margin, positions, quote and calendar in one language', async () => {
      const venue = await opened()
      const { broker, account_id, instrument } = venue
      await broker.placeOrder(request(venue, { action: 'SELL', quantity: money('2') }))
      await expect
        .poll(async () => (await broker.positions(account_id)).map(({ side, quantity }) => `${side} ${quantity}`))
        .toEqual(['SHORT -2'])
      expect((await broker.balance(account_id)).account_id).toBe(account_id)
      expect((await broker.margin(account_id)).initial.gte(0)).toBe(true)
      expect((await broker.quote(instrument))?.ask.toString()).toBe('100.02')
      expect(Array.isArray(await broker.calendar(instrument, new Date('2026-03-02'), new Date('2026-03-03')))).toBe(true)
      expect(await broker.accountEvents(account_id, new Date('2999-01-01'))).toEqual([])
    })

    it('throws where a question fails, and never answers "none"', async () => {
      const { broker } = await opened()
      await expect(broker.positions('no-such-account')).rejects.toBeInstanceOf(BrokerError)
      await expect(broker.openOrders('no-such-account')).rejects.toBeInstanceOf(BrokerError)
    })
  })
}
