import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { postbackRoutes } from '../../functions/ibkr-gateway/postbacks.ts'
import { climb } from '../../functions/supervise-orders/exits.ts'
import type { Broker } from '../../shared/brokers/broker.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { accountHierarchy } from '../../shared/store/account-hierarchy.ts'
import { instruments } from '../../shared/store/instruments.ts'
import { INFY, infy, kiteHouse } from '../contract/brokers/zerodha-venue.ts'
import { money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, atRealTime } = executionHouse(house)

/** What Kite posts is handed to the route as it came. */
const answers: number[] = []
const posted: string[] = []
const server = createServer(async (message, response) => {
  const text = Buffer.concat(await message.toArray()).toString()
  posted.push(text)
  answers.push(await post(text))
  response.end()
})
let kite: Awaited<ReturnType<typeof kiteHouse>>
let broker: Broker

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  kite = await kiteHouse({ postback_url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  kite.kite.price(INFY, 100, 100.1)
  broker = kite.open()
  await instruments.in(house.store).insertOne({ ...infy })
  const connection = { secret: 'kite', base_url: kite.kite.url, products: { EQUITY: 'MIS' } }
  const { account, broker: plan } = lookOf(broker, 'A1')
  const own = { ...plan, broker_id: 'ZERODHA', adapter: 'zerodha' as const, connection, accounts: [account] }
  await accountHierarchy
    .in(house.store)
    .replaceOne({ _id: 'fund' as never }, { fund_name: 'F', base_currency: 'INR', brokers: [own] }, { upsert: true })
})
afterAll(async () => {
  server.close()
  await kite.kite.stop()
})

async function post(text: string): Promise<number> {
  const route = postbackRoutes({
    store: house.store,
    brokers: async () => broker,
    flush: async () => undefined,
    secrets: { read: async (name: string) => kite.secrets.get(name) ?? null } as never,
  })['POST /api/v1/brokers/:broker_id/postback']
  const given = { params: { broker_id: 'ZERODHA' }, rawBody: Buffer.from(text) }
  return (
    route?.handle(given as never).then(
      () => 200,
      (error: { input?: { status: number } }) => error.input?.status ?? 500,
    ) ?? 500
  )
}

const order = (changes: Partial<OrderCommand>) =>
  command('A1', {
    order_id: `K${posted.length}${Object.keys(changes).length}`,
    broker_id: 'ZERODHA',
    instrument_id: infy.instrument_id,
    instrument: infy,
    quantity: money(4),
    order_type: 'LIMIT',
    limit_price: money(90),
    ...changes,
  })

it('what Kite posts of an order is booked as it is posted, and nothing that does not prove itself', async () => {
  const placed = order({ action: 'BUY' })
  await executing(broker)(placed)
  expect(await stored(placed.order_id)).toMatchObject({ status: 'SUBMITTED' })
  kite.kite.price(INFY, 89.5, 89.9)
  await expect.poll(async () => (await stored(placed.order_id)).status).toBe('FILLED')
  const booked = await stored(placed.order_id)
  expect(booked.fills?.map(({ quantity }) => quantity.toFixed())).toEqual(['4'])
  expect(answers.every(status => status === 200)).toBe(true)
  expect(await post((posted.at(-1) ?? '').replace(/"order_timestamp":"[^"]+"/, '"order_timestamp":"2026-11-21 09:24:25"'))).toBe(401)
})

it('an exit that waits for a login is paged to people, though the broker tells nothing', async () => {
  kite.kite.price(INFY, 100, 100.1)
  kite.kite.endLogins()
  const exit = order({ action: 'SELL', limit_price: null, order_type: 'MARKET' })
  await executing(broker)(exit)
  expect((await stored(exit.order_id)).fills ?? []).toEqual([])
  await atRealTime(async () => {
    // The morning of a Monday in India, two minutes after the exit.
    vi.setSystemTime(new Date('2026-11-23T05:00:00Z'))
    await climb(lookOf(broker, 'A1'), await stored(exit.order_id))
    const paged = await stored(exit.order_id)
    expect(paged.ladder?.map(({ rung }) => rung)).toEqual(['PAGE'])
    expect(JSON.stringify(paged.outbox)).toContain('EXIT_UNFILLED')
  })
})
