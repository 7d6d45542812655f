import { describe, expect, it } from 'vitest'
import { sum } from '../../../../shared/domain/money/decimal.ts'
import { EPOCH, limit, money, opened, reaches, request, timeInForceOf, type Venue } from './venue.ts'

/** Balances, positions, margin, market, and several accounts of one broker. */
export function accountsConform(name: string, open: () => Promise<Venue>): void {
  const positionsOf = async ({ broker }: Venue, account_id: string) =>
    (await broker.positions(account_id)).map(({ side, quantity }) => `${side} ${quantity}`)

  describe(`${name} tells of accounts and markets`, () => {
    it('tells a position that was bought, at what it cost and what it is worth', async () => {
      const venue = await opened(open)
      const { broker, account_id, instrument } = venue
      const held = async () => (await broker.positions(account_id)).find(each => each.instrument_id === instrument.instrument_id)
      const before = (await held())?.quantity ?? money('0')
      const order = request(venue, { quantity: money('2') })
      await broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      const fills = (await broker.getOrder(order))?.fills ?? []
      expect(sum(fills.map(({ quantity }) => quantity)).toString()).toBe('2')
      // Where the fee comes out of what was bought, so much less is held.
      const bought = sum(fills.map(({ quantity, fee_quantity }) => quantity.minus(fee_quantity ?? 0)))
      await expect.poll(async () => String((await held())?.quantity.minus(before))).toBe(String(bought))
      const position = await held()
      expect(position).toMatchObject({ account_id, side: 'LONG' })
      expect(position?.avg_price.gt(0)).toBe(true)
      expect(position?.current_price.gt(0)).toBe(true)
    })

    it('tells a position that was sold short as LONG’s opposite, signed', async () => {
      const venue = await opened(open)
      if (venue.shorts === false) return
      await venue.broker.placeOrder(request(venue, { action: 'SELL', quantity: money('2') }))
      await expect.poll(() => positionsOf(venue, venue.account_id)).toEqual(['SHORT -2'])
    })

    it('tells balance and margin that add up', async () => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      const order = request(venue, { quantity: money('2') })
      await broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      const [balance, margin] = [await broker.balance(account_id), await broker.margin(account_id)]
      expect([balance.account_id, margin.account_id]).toEqual([account_id, account_id])
      expect(balance.equity.gt(0)).toBe(true)
      expect(balance.margin_used.gte(0)).toBe(true)
      expect(balance.margin_available.lte(balance.equity)).toBe(true)
      expect(margin.initial.gte(margin.maintenance)).toBe(true)
    })

    it('closes a position with an exit, and no more than that', async () => {
      const venue = await opened(open)
      if (venue.shorts === false) return
      const { broker, account_id } = venue
      await broker.placeOrder(request(venue, { quantity: money('2') }))
      await expect.poll(() => positionsOf(venue, account_id)).toEqual(['LONG 2'])
      const exit = request(venue, { action: 'SELL', quantity: money('2'), is_exit: true })
      expect((await broker.placeOrder(exit)).kind).toBe('confirmed')
      await expect.poll(() => positionsOf(venue, account_id)).toEqual([])
    })

    it('tells quote, calendar and account events in one language', async () => {
      const venue = await opened(open)
      const { broker, account_id, instrument } = venue
      const quote = await broker.quote(instrument)
      expect([String(quote?.bid), String(quote?.ask)]).toEqual(['100', '100.02'])
      const sessions = await broker.calendar(instrument, new Date('2026-03-02'), new Date('2026-03-03'))
      for (const { opens_at, closes_at } of sessions) expect(opens_at < closes_at).toBe(true)
      expect(await broker.accountEvents(account_id, new Date('2999-01-01'))).toEqual([])
    })

    it('tells what an order would do to the account, and places nothing, where it is offered', async () => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      if (!broker.whatIf) return
      const { margin_before, margin_after } = await broker.whatIf(limit(venue, '90'))
      expect(margin_after.gte(margin_before)).toBe(true)
      expect(await broker.openOrders(account_id)).toEqual([])
    })

    it('keeps two accounts of one broker apart', async () => {
      const venue = await opened(open)
      const { broker, account_id, second } = venue
      if (second === undefined) return
      const [mine, theirs] = [limit(venue, '90'), limit(venue, '91', { account_id: second })]
      await broker.placeOrder(mine)
      await broker.placeOrder(theirs)
      const listed = async (account: string) => (await broker.openOrders(account)).map(each => `${each.account_id} ${each.client_order_id}`)
      await expect.poll(() => listed(account_id)).toEqual([`${account_id} ${mine.client_order_id}`])
      await expect.poll(() => listed(second)).toEqual([`${second} ${theirs.client_order_id}`])
      expect(await broker.getOrder({ ...theirs, account_id })).toBeNull()
      const traded = request(venue, { account_id: second, time_in_force: timeInForceOf(venue, 'MARKET') })
      await broker.placeOrder(traded)
      await expect.poll(async () => (await broker.executions(second, EPOCH)).map(each => each.account_id)).toContain(second)
      expect((await broker.executions(account_id, EPOCH)).map(each => each.client_order_id)).not.toContain(traded.client_order_id)
      expect((await broker.balance(second)).account_id).toBe(second)
    })
  })
}
