import { describe, expect, it } from 'vitest'
import type { PlaceRequest } from '../../../../shared/brokers/broker.ts'
import { legOrderId } from '../../../../shared/brokers/client-order-id.ts'
import { orderType } from '../../../../shared/messages/signal.ts'
import { limit, money, opened, reaches, request, restingTerms, timeInForceOf, type Venue } from './venue.ts'

/** A bracket whose entry has filled. */
async function filledBracket(venue: Venue, changes: Partial<PlaceRequest> = {}): Promise<PlaceRequest> {
  const sides = { stop_loss: money('80'), take_profit: money('120') }
  const order = request(venue, {
    ...{ ...sides, order_type: 'BRACKET', time_in_force: timeInForceOf(venue, 'BRACKET') },
    ...changes,
    ...venue.bracket,
  })
  await venue.broker.placeOrder(order)
  await reaches(venue, order, 'FILLED')
  return order
}

/** Placing, changing, canceling, finding: every order type. */
export function ordersConform(name: string, open: () => Promise<Venue>): void {
  describe(`${name} works orders`, () => {
    it('fills a market order and tells it by its client id, exactly', async () => {
      const venue = await opened(open)
      const order = request(venue, { quantity: money('3') })
      expect((await venue.broker.placeOrder(order)).kind).toBe('confirmed')
      await reaches(venue, order, 'FILLED')
      const seen = await venue.broker.getOrder(order)
      expect(seen).toMatchObject({ client_order_id: order.client_order_id, action: 'BUY', instrument_id: venue.instrument.instrument_id })
      expect([String(seen?.filled_qty), String(seen?.quantity)]).toEqual(['3', '3'])
    })

    it.each(orderType.options)('takes %s, or says that it does not', async order_type => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      const order = request(venue, { ...restingTerms(venue, order_type), order_type, time_in_force: timeInForceOf(venue, order_type) })
      if (!broker.capabilities.order_types.includes(order_type)) {
        expect(await broker.placeOrder(order)).toMatchObject({
          kind: 'rejected',
          reason: expect.stringContaining('UNSUPPORTED_ORDER_TYPE'),
        })
        return
      }
      if (!restingTerms(venue, order_type)) return
      expect((await broker.placeOrder(order)).kind).toBe('confirmed')
      await expect
        .poll(async () => (await broker.openOrders(account_id)).map(each => each.client_order_id))
        .toContain(order.client_order_id)
      expect((await broker.cancelOrder(order)).kind).toBe('confirmed')
      await reaches(venue, order, 'CANCELED')
      expect((await broker.openOrders(account_id)).map(each => each.client_order_id)).not.toContain(order.client_order_id)
    })

    it('tells the terms of a resting order to the last digit', async () => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      const order = limit(venue, '90.07', { quantity: money('3') })
      await broker.placeOrder(order)
      const listed = async () => (await broker.openOrders(account_id)).find(each => each.client_order_id === order.client_order_id)
      await expect.poll(async () => (await listed())?.status).toBe('SUBMITTED')
      const seen = await listed()
      expect([String(seen?.limit_price), String(seen?.quantity), String(seen?.filled_qty)]).toEqual(['90.07', '3', '0'])
      expect(seen).toMatchObject({ instrument_id: venue.instrument.instrument_id, action: 'BUY', role: null, account_id })
    })

    it('fills a resting limit when the market reaches it, and changes it before', async () => {
      const venue = await opened(open)
      const { broker } = venue
      if (!broker.capabilities.order_types.includes('LIMIT')) return
      const order = limit(venue)
      await broker.placeOrder(order)
      if (broker.capabilities.modifies) {
        const changed = await broker.modifyOrder({ ...order, changes: { limit_price: money('95') } })
        expect(changed.kind).toBe('confirmed')
        await expect.poll(async () => String((await broker.getOrder(order))?.limit_price)).toBe('95')
      }
      await venue.price('89.98', '90')
      await reaches(venue, order, 'FILLED')
    })

    it('sends a stop when the market reaches it', async () => {
      const venue = await opened(open)
      if (!venue.broker.capabilities.order_types.includes('STOP')) return
      const order = request(venue, { ...restingTerms(venue, 'STOP'), order_type: 'STOP', time_in_force: timeInForceOf(venue, 'STOP') })
      await venue.broker.placeOrder(order)
      await venue.price('112', '112.02')
      await reaches(venue, order, 'FILLED')
    })

    it('closes a bracket by one of its sides only', async () => {
      const venue = await opened(open)
      const { broker } = venue
      if (!broker.capabilities.order_types.includes('BRACKET')) return
      const order = await filledBracket(venue)
      await venue.price('121', '121.02')
      await expect
        .poll(async () => (await broker.getOrder(order))?.legs.map(({ role, status }) => `${role} ${status}`).sort())
        .toEqual(['STOP_LOSS CANCELED', 'TAKE_PROFIT FILLED'])
      const [leg] = (await broker.getOrder(order))?.legs.filter(({ role }) => role === 'TAKE_PROFIT') ?? []
      expect([legOrderId(order.client_order_id, 'TAKE_PROFIT'), leg?.client_order_id]).toContain(leg?.client_order_id)
      expect(leg?.action).toBe('SELL')
    })

    it('makes what closes a bracket smaller, or says that it does not', async () => {
      const venue = await opened(open)
      const { broker } = venue
      if (!broker.capabilities.order_types.includes('BRACKET') || !broker.capabilities.modifies) return
      const order = await filledBracket(venue, { quantity: money('10') })
      const legs = async () => (await broker.getOrder(order))?.legs ?? []
      const results: string[] = []
      for (const { client_order_id, broker_order_id } of await legs()) {
        if (client_order_id === null) continue
        const leg = { ...order, client_order_id, broker_order_id }
        results.push((await broker.modifyOrder({ ...leg, changes: { quantity: money('6') } })).kind)
      }
      expect(results).toHaveLength(2)
      expect(new Set(results).size).toBe(1)
      const quantity = results[0] === 'confirmed' ? '6' : '10'
      expect(results[0]).not.toBe('unknown')
      await expect.poll(async () => (await legs()).map(each => String(each.quantity))).toEqual([quantity, quantity])
    })

    it('says that it has no order of an unknown id', async () => {
      const { broker, account_id } = await opened(open)
      expect(await broker.getOrder({ account_id, client_order_id: 'never' })).toBeNull()
      expect((await broker.cancelOrder({ account_id, client_order_id: 'never' })).kind).not.toBe('confirmed')
    })

    it('refuses to cancel or change what has filled, and leaves it filled', async () => {
      const venue = await opened(open)
      const { broker } = venue
      const order = request(venue)
      await broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      expect((await broker.cancelOrder(order)).kind).not.toBe('unknown')
      if (broker.capabilities.modifies)
        expect((await broker.modifyOrder({ ...order, changes: { quantity: money('2') } })).kind).toBe('rejected')
      expect(await broker.getOrder(order)).toMatchObject({ status: 'FILLED' })
    })

    it('cancels twice without harm', async () => {
      const venue = await opened(open)
      const order = limit(venue)
      await venue.broker.placeOrder(order)
      expect((await venue.broker.cancelOrder(order)).kind).toBe('confirmed')
      await reaches(venue, order, 'CANCELED')
      expect((await venue.broker.cancelOrder(order)).kind).not.toBe('unknown')
      await reaches(venue, order, 'CANCELED')
    })

    it('lists what somebody else ordered', async () => {
      const venue = await opened(open)
      if (!venue.foreign) return
      const id = await venue.foreign()
      await expect
        .poll(async () => (await venue.broker.openOrders(venue.account_id)).map(each => each.broker_order_id))
        .toContainEqual(expect.stringContaining(id))
    })
  })
}
