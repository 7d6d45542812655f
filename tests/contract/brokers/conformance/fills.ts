import { describe, expect, it } from 'vitest'
import { clockOf, EPOCH, executionsOf, limit, opened, reaches, request, totalOf, type Venue } from './venue.ts'

/** Executions: since a watermark, in parts, corrected, with late commissions, against cancels. */
export function fillsConform(name: string, open: () => Promise<Venue>): void {
  describe(`${name} tells executions`, () => {
    it('tells executions since a moment, each with an id of its own', async () => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      if (!broker.capabilities.executions) return
      await broker.placeOrder(request(venue))
      await broker.placeOrder(request(venue, { action: 'SELL' }))
      await expect.poll(async () => (await broker.executions(account_id, EPOCH)).length).toBeGreaterThanOrEqual(2)
      const all = await broker.executions(account_id, EPOCH)
      expect(new Set(all.map(({ execution_id }) => execution_id)).size).toBe(all.length)
      expect(all.map(({ time }) => time.getTime())).toEqual(all.map(({ time }) => time.getTime()).toSorted((a, b) => a - b))
      expect(await broker.executions(account_id, new Date('2999-01-01'))).toEqual([])
    })

    it('tells an execution to the last digit, at the moment it was made, whatever the time zone', async () => {
      const venue = await opened(open)
      const { broker } = venue
      const before = clockOf(venue).getTime()
      const order = request(venue)
      await broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      const [execution] = broker.capabilities.executions ? await executionsOf(venue, order) : ((await broker.getOrder(order))?.fills ?? [])
      if (!execution) throw new Error('nothing was executed')
      expect(execution.price.mod(venue.instrument.tick).toString()).toBe('0')
      expect(execution.price.gte('100')).toBe(true)
      expect(Math.abs(execution.time.getTime() - before)).toBeLessThan(60_000)
    })

    it('says the same of an order as of its executions', async () => {
      const venue = await opened(open)
      const order = request(venue)
      await venue.broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      if (!venue.broker.capabilities.executions) return
      await expect.poll(async () => totalOf(await executionsOf(venue, order))).toBe('1')
      const seen = await venue.broker.getOrder(order)
      const told = (await executionsOf(venue, order)).map(({ execution_id, price }) => `${execution_id} ${price}`)
      expect(seen?.fills.map(({ execution_id, price }) => `${execution_id} ${price}`)).toEqual(told)
    })

    it('tells a part that has filled, and what is left after a cancel', async () => {
      const venue = await opened(open)
      if (!venue.fillPart) return
      const order = limit(venue, '90', { quantity: venue.instrument.lot.times(0).plus(5) })
      await venue.broker.placeOrder(order)
      await venue.fillPart(order.client_order_id, '2', '90')
      await reaches(venue, order, 'PARTIALLY_FILLED')
      const seen = await venue.broker.getOrder(order)
      expect([String(seen?.filled_qty), totalOf(seen?.fills ?? []), String(seen?.fills[0]?.price)]).toEqual(['2', '2', '90'])
      await venue.fillPart(order.client_order_id, '1', '89.99')
      await expect.poll(async () => String((await venue.broker.getOrder(order))?.filled_qty)).toBe('3')
      expect((await venue.broker.cancelOrder(order)).kind).toBe('confirmed')
      await reaches(venue, order, 'CANCELED')
      const ended = await venue.broker.getOrder(order)
      expect([String(ended?.filled_qty), ended?.fills.length]).toEqual(['3', 2])
    })

    it('tells a commission later where it was not known at once', async () => {
      const venue = await opened(open)
      if (!venue.holdCommissions || !venue.tellCommissions) return
      venue.holdCommissions()
      const order = request(venue)
      await venue.broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      const [early] = await executionsOf(venue, order)
      expect(early).toMatchObject({ commission_pending: true })
      await venue.tellCommissions()
      await expect.poll(async () => (await executionsOf(venue, order)).at(-1)?.commission.gt(0)).toBe(true)
      const late = (await executionsOf(venue, order)).at(-1)
      expect([late?.commission_pending ?? false, late?.execution_id]).toEqual([false, early?.execution_id])
    })

    it('tells a corrected execution as what replaces the first', async () => {
      const venue = await opened(open)
      if (!venue.correct) return
      const order = request(venue)
      await venue.broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      const [first] = await executionsOf(venue, order)
      await venue.correct(order.client_order_id, '100.05')
      await expect
        .poll(async () => (await executionsOf(venue, order)).map(({ corrects, price }) => `${corrects ?? ''} ${price}`))
        .toContain(`${first?.execution_id} 100.05`)
      const seen = await venue.broker.getOrder(order)
      expect([totalOf(seen?.fills ?? []), String(seen?.fills.at(-1)?.price)]).toEqual(['1', '100.05'])
    })

    it('counts a fill that was faster than its cancel', async () => {
      const venue = await opened(open)
      if (!venue.fillBeforeCancel) return
      const order = limit(venue)
      await venue.broker.placeOrder(order)
      venue.fillBeforeCancel(order.client_order_id)
      const result = await venue.broker.cancelOrder(order)
      expect(result.kind).not.toBe('unknown')
      await reaches(venue, order, 'FILLED')
      if (venue.broker.capabilities.executions) expect(totalOf(await executionsOf(venue, order))).toBe('1')
    })
  })
}
