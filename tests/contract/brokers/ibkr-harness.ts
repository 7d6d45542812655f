import { afterEach, expect } from 'vitest'
import type { PlaceRequest } from '../../../shared/brokers/broker.ts'
import { noTerms } from '../../../shared/brokers/order-terms.ts'
import { money, openVenue } from '../../simulators/ibkr/venue.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A simulated gateway with the adapter connected to it, and what a test asks of them. */
export async function opened(options: Parameters<typeof openVenue>[0] = {}) {
  const venue = await openVenue(options)
  closing.push(venue.close)
  await venue.broker.connect()
  venue.simulator.price('AAPL', '100', '100.02')
  let given = 0
  const order = (changes: Partial<PlaceRequest> = {}): PlaceRequest => ({
    ...{ account_id: venue.account_id, client_order_id: `o${++given}`, instrument: venue.instruments.stock, action: 'BUY' },
    ...{ ...noTerms, quantity: money('2'), order_type: 'MARKET', time_in_force: 'DAY', is_exit: false },
    ...changes,
  })
  const resting = (changes: Partial<PlaceRequest> = {}) => order({ order_type: 'LIMIT', limit_price: money('90'), ...changes })
  const status = async (of: PlaceRequest) => (await venue.broker.getOrder(of))?.status
  const placed = () => venue.simulator.seen.filter(({ message }) => message[0] === '3').map(({ message }) => message)
  return { ...venue, order, resting, status, placed }
}

export const becomes = (ask: () => Promise<unknown>, expected: unknown) => expect.poll(ask, { interval: 10 }).toEqual(expected)
