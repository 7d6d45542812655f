import { describe, expect, it } from 'vitest'
import { BrokerConnectionError, BrokerError } from '../../../../shared/brokers/broker.ts'
import { executionsOf, limit, money, opened, reaches, request, totalOf, type Venue } from './venue.ts'

/** What becomes of a request that goes wrong: confirmed, rejected, unknown; and never two orders of one. */
export function outcomesConform(name: string, open: () => Promise<Venue>): void {
  describe(`${name} tells what became of a request`, () => {
    it('connects twice without harm and says so', async () => {
      const { broker } = await opened(open)
      await broker.connect()
      expect(await broker.status()).toBe('CONNECTED')
    })

    it('makes one order of one client id, however often it is placed', async () => {
      const venue = await opened(open)
      const order = request(venue)
      await venue.broker.placeOrder(order)
      await venue.broker.placeOrder(order)
      await reaches(venue, order, 'FILLED')
      expect(totalOf(await executionsOf(venue, order))).toBe('1')
    })

    it('never doubles an order whose answer was lost', async () => {
      const venue = await opened(open)
      if (!venue.loseNextAnswer) return
      const order = request(venue)
      venue.loseNextAnswer()
      expect((await venue.broker.placeOrder(order)).kind).toBe('unknown')
      await reaches(venue, order, 'FILLED')
      await venue.broker.placeOrder(order)
      expect(totalOf(await executionsOf(venue, order))).toBe('1')
    })

    it('knows afterwards of a cancel whose answer was lost', async () => {
      const venue = await opened(open)
      if (!venue.loseNextCancel) return
      const order = limit(venue)
      await venue.broker.placeOrder(order)
      venue.loseNextCancel()
      expect((await venue.broker.cancelOrder(order)).kind).toBe('unknown')
      await reaches(venue, order, 'CANCELED')
    })

    it('classes every error that the broker documents, and makes no order of a rejected one', async () => {
      const venue = await opened(open)
      for (const { name: error, arrange, outcome } of venue.failures?.() ?? []) {
        const order = limit(venue)
        arrange()
        const result = await venue.broker.placeOrder(order).catch((thrown: Error) => ({ kind: thrown.name, reason: thrown.message }))
        expect(`${error} ${result.kind}`).toBe(`${error} ${outcome}`)
        if (outcome !== 'rejected') continue
        expect(result).toMatchObject({ reason: expect.stringMatching(/\S/) })
        const seen = await venue.broker.getOrder(order)
        expect([undefined, 'REJECTED', 'CANCELED']).toContain(seen?.status)
      }
    })

    it('takes an answer that does not come in time for unknown', async () => {
      const venue = await opened(open)
      if (!venue.delay) return
      venue.delay(60_000)
      const order = limit(venue)
      expect((await venue.broker.placeOrder(order)).kind).toBe('unknown')
      venue.delay(0)
    })

    it('throws where a question fails, and never answers "none"', async () => {
      const venue = await opened(open)
      const { broker, account_id } = venue
      await expect(broker.positions('no-such-account')).rejects.toBeInstanceOf(BrokerError)
      await expect(broker.openOrders('no-such-account')).rejects.toBeInstanceOf(BrokerError)
      const { failNextQuestion } = venue
      if (!failNextQuestion) return
      const questions = [
        () => broker.positions(account_id),
        () => broker.openOrders(account_id),
        () => broker.balance(account_id),
        () => broker.executions(account_id, new Date(0)),
        () => broker.getOrder(request(venue)),
      ]
      for (const ask of questions) {
        failNextQuestion()
        const error = await ask().then(
          () => null,
          (thrown: unknown) => thrown,
        )
        expect(error instanceof BrokerConnectionError || error instanceof BrokerError).toBe(true)
      }
    })

    it('sends nothing after it was disconnected, nor later', async () => {
      const venue = await opened(open)
      const { broker } = venue
      await broker.disconnect()
      if ((await broker.status()) === 'CONNECTED') return // what is always there
      const order = limit(venue, '91', { quantity: money('2') })
      const result = await broker.placeOrder(order).catch((error: Error) => error)
      expect(result).not.toMatchObject({ kind: 'confirmed' })
      await broker.connect()
      expect(await broker.getOrder(order)).toBeNull()
    })
  })
}
