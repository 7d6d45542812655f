import { afterEach, describe, expect, it } from 'vitest'
import type { BrokerOrder, PlaceRequest, StreamReport } from '../../../shared/brokers/broker.ts'
import { exchangeToken, heldLogin } from '../../../shared/brokers/zerodha/login.ts'
import type { InstrumentDocument } from '../../../shared/messages/instrument.ts'
import { sha256 } from '../../simulators/zerodha/sessions.ts'
import { money } from '../../unit/shared/brokers/paper/samples.ts'
import { limit, request } from './conformance/venue.ts'
import { INFY, infy, kiteHouse, venueOf } from './zerodha-venue.ts'

const houses: Awaited<ReturnType<typeof kiteHouse>>[] = []
afterEach(async () => {
  for (const { kite } of houses.splice(0)) await kite.stop()
})

async function house(options: Parameters<typeof kiteHouse>[0] = {}) {
  const opened = await kiteHouse({ limited: false, ...options })
  houses.push(opened)
  opened.kite.price(INFY, 100, 100.02)
  const venue = venueOf(opened)
  return { ...opened, venue, broker: venue.broker }
}

describe('a login at Zerodha (rule 25)', () => {
  it('is made of a request token, once, and ends at the next 06:00 in India', async () => {
    // 21 November, 20:30 in India.
    const now = () => new Date('2026-11-21T15:00:00Z')
    const { kite, secrets, broker } = await house({ now })
    secrets.delete('kite-login-a1')
    expect(await broker.session?.()).toMatchObject({
      status: 'NEEDS_LOGIN',
      login_url: `${kite.url}/connect/login?v=3&api_key=kitekey0000`,
    })
    const settings = { url: kite.url, deadline_ms: 1_000 }
    const app = { ...kite.app, access_token: null }
    const request_token = kite.requestToken('AB1234')
    const login = await exchangeToken({ settings, app, request_token, now: now() })
    expect([login.user_id, login.expires_at?.toISOString()]).toEqual(['AB1234', '2026-11-22T00:30:00.000Z'])
    secrets.set('kite-login-a1', heldLogin(login))
    expect(await broker.session?.()).toMatchObject({ status: 'CONNECTED', expires_at: new Date('2026-11-22T00:30:00Z') })
    await expect(exchangeToken({ settings, app, request_token, now: now() })).rejects.toThrow(/TokenException/)
  })

  it('that has ended by the clock is none, and nothing is sent under it', async () => {
    const { kite, login, broker, venue } = await house()
    login('a1', 'AB1234', new Date(Date.now() - 1_000))
    kite.requests.length = 0
    expect(await broker.status()).toBe('NEEDS_LOGIN')
    await expect(broker.placeOrder(request(venue))).rejects.toThrow('NEEDS_LOGIN: account_id=A1')
    expect(kite.requests.filter(each => each.startsWith('POST'))).toEqual([])
  })

  it('that Kite refuses is read again once, and a newer one used at once', async () => {
    const { kite, login, broker, venue } = await house()
    await broker.placeOrder(request(venue))
    kite.endLogins()
    const order = request(venue)
    await expect(broker.placeOrder(order)).rejects.toThrow('NEEDS_LOGIN')
    login('a1', 'AB1234')
    login('a2', 'CD5678')
    expect((await broker.placeOrder(order)).kind).toBe('confirmed')
    expect(await broker.status()).toBe('CONNECTED')
  })

  it('of somebody else is not taken', async () => {
    const { login, open } = await house()
    login('a1', 'CD5678')
    const broker = open({ users: { A1: 'AB1234' } })
    await expect(broker.balance('A1')).rejects.toThrow('NEEDS_LOGIN')
  })
})

describe('an order at Zerodha', () => {
  it('carries its id as a tag, its exact price, and a protection where it runs with the market', async () => {
    const { kite, broker, venue } = await house()
    const [market, resting] = [request(venue), limit(venue, '90.05')]
    await broker.placeOrder(market)
    await broker.placeOrder(resting)
    const [first, second] = kite.users.get('AB1234')?.orders ?? []
    expect(first).toMatchObject({
      tag: market.client_order_id,
      order_type: 'MARKET',
      market_protection: -1,
      product: 'MIS',
      validity: 'DAY',
    })
    expect(second).toMatchObject({ tag: resting.client_order_id, price: 90.05, market_protection: 0 })
  })

  it('is refused before it is sent where its terms make none', async () => {
    const { kite, broker, venue } = await house()
    const wrong: Partial<PlaceRequest>[] = [
      { quantity: money('1.5') },
      { order_type: 'LIMIT', limit_price: money('90.001') },
      { order_type: 'LIMIT', limit_price: null },
      { time_in_force: 'GTC' },
    ]
    const reasons = []
    for (const terms of wrong) reasons.push(await broker.placeOrder(request(venue, terms)))
    expect(reasons).toEqual([
      { kind: 'rejected', reason: 'INVALID_QUANTITY: quantity=1.5, lot=1' },
      { kind: 'rejected', reason: 'WRONG_TICK: price=90.001, tick=0.01' },
      { kind: 'rejected', reason: 'INVALID_PRICE: order_type=LIMIT' },
      { kind: 'rejected', reason: 'UNSUPPORTED_ORDER_TYPE: time_in_force=GTC' },
    ])
    expect(kite.requests).toEqual([])
  })

  it('with another’s terms under its tag is not taken for it', async () => {
    const { broker, venue } = await house()
    const order = limit(venue)
    await broker.placeOrder(order)
    expect(await broker.placeOrder({ ...order, quantity: money('2') })).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('DUPLICATE_CLIENT_ORDER_ID'),
    })
  })

  it('is paced: no burst makes Kite refuse one', async () => {
    const { kite, broker, venue } = await house({ limited: true })
    const results = await Promise.all(Array.from({ length: 15 }, () => broker.placeOrder(limit(venue))))
    expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 15 }, () => 'confirmed'))
    expect(kite.users.get('AB1234')?.orders).toHaveLength(15)
  })

  it('of many that somebody else tagged alike is known by Kite’s id alone', async () => {
    const { kite, broker } = await house()
    const form = {
      exchange: 'NSE',
      tradingsymbol: 'INFY',
      transaction_type: 'BUY',
      order_type: 'LIMIT',
      product: 'MIS',
      quantity: '1',
      price: '80',
    }
    kite.place('AB1234', { ...form, tag: 'mine' })
    kite.place('AB1234', { ...form, tag: 'mine' })
    expect((await broker.openOrders('A1')).map(each => each.client_order_id)).toEqual(['mine', null])
  })
})

describe('contracts at Zerodha', () => {
  const nifty: InstrumentDocument = {
    ...infy,
    instrument_id: 'NIFTY-FUT',
    symbol: 'NIFTY',
    exchange: 'NFO',
    asset_class: 'FUTURE',
    expiry: '2026-11-24',
    multiplier: money('75'),
  }
  const call: InstrumentDocument = { ...nifty, instrument_id: 'NIFTY-C', asset_class: 'OPTION', strike: money('26000'), right: 'CALL' }
  const gold: InstrumentDocument = { ...nifty, instrument_id: 'GOLD', symbol: 'GOLDPETAL26NOVFUT', exchange: 'MCX', multiplier: money('1') }
  const listed = [
    { exchange: 'NFO', tradingsymbol: 'NIFTY26NOVFUT', name: 'NIFTY', expiry: '2026-11-24', instrument_type: 'FUT', lot_size: 75 },
    {
      exchange: 'NFO',
      tradingsymbol: 'NIFTY26N2426000CE',
      name: 'NIFTY',
      expiry: '2026-11-24',
      strike: 26000,
      instrument_type: 'CE',
      lot_size: 75,
    },
    { exchange: 'MCX', tradingsymbol: 'GOLDPETAL26NOVFUT', name: 'GOLDPETAL', expiry: '2026-11-30', instrument_type: 'FUT', lot_size: 1 },
  ]

  it.each([
    ['a share', infy, INFY, 3, 3],
    ['a future by its terms, in units of the underlying', nifty, 'NFO:NIFTY26NOVFUT', 3, 225],
    ['an option by its terms', call, 'NFO:NIFTY26N2426000CE', 1, 75],
    ['a commodity in lots', gold, 'MCX:GOLDPETAL26NOVFUT', 2, 2],
    [
      'what carries Kite’s own name',
      { ...infy, instrument_id: 'I2', symbol: 'SBI', broker_symbols: { zerodha: 'BSE:SBIN' } },
      'BSE:SBIN',
      1,
      1,
    ],
  ])('name %s as Kite does, and back', async (_what, instrument, name, ours, kites) => {
    const { kite, broker, venue } = await house({ instruments: [instrument], listed })
    kite.price(name, 100, 100.05)
    const order = request(venue, { instrument, quantity: money(ours) })
    expect((await broker.placeOrder(order)).kind).toBe('confirmed')
    const [sent] = kite.users.get('AB1234')?.orders ?? []
    expect([`${sent?.exchange}:${sent?.tradingsymbol}`, sent?.quantity]).toEqual([name, kites])
    expect(sent?.product).toBe(instrument.asset_class === 'EQUITY' ? 'MIS' : 'NRML')
    const [position] = await broker.positions('A1')
    expect([position?.instrument_id, String(position?.quantity)]).toEqual([instrument.instrument_id, String(ours)])
  })

  it('that we do not have are told by Kite’s name', async () => {
    const { kite, broker } = await house()
    kite.price('NSE:TCS', 3000, 3001)
    const form = { exchange: 'NSE', tradingsymbol: 'TCS', transaction_type: 'BUY', order_type: 'MARKET', product: 'CNC', quantity: '1' }
    kite.place('AB1234', { ...form, market_protection: '-1' })
    expect((await broker.positions('A1')).map(each => each.instrument_id)).toEqual(['zerodha:NSE:TCS'])
  })

  it('of our shares are not taken for others of the same name elsewhere', async () => {
    const adr: InstrumentDocument = { ...infy, exchange: 'NYSE', currency: 'USD' }
    const { kite, broker } = await house({ instruments: [adr] })
    const form = { exchange: 'NSE', tradingsymbol: 'INFY', transaction_type: 'BUY', order_type: 'MARKET', product: 'CNC', quantity: '1' }
    kite.place('AB1234', { ...form, market_protection: '-1' })
    expect((await broker.positions('A1')).map(each => each.instrument_id)).toEqual(['zerodha:NSE:INFY'])
  })
})

describe('an account at Zerodha', () => {
  it('counts shares once, whether they lay there before or were bought or sold today', async () => {
    const holdings = [{ exchange: 'BSE', tradingsymbol: 'INFY', quantity: 10, average_price: 80 }]
    const { open, venue, kite } = await house({ users: [{ user_id: 'AB1234', cash: 10_000, holdings }, { user_id: 'CD5678' }] })
    const broker = open({ products: { EQUITY: 'CNC' } })
    await broker.placeOrder(request(venue, { action: 'SELL', quantity: money('4') }))
    kite.price(INFY, 110, 110.1)
    kite.price('BSE:INFY', 110, 110.1)
    const [position] = await broker.positions('A1')
    expect([position?.instrument_id, String(position?.quantity), String(position?.avg_price)]).toEqual(['INFY', '6', '80'])
    // 10,000 in cash, 4 sold at 100, and 6 left at 110.
    expect(String((await broker.balance('A1')).equity)).toBe('11060')
  })

  it('tells its last days’ closes without today’s', async () => {
    const { broker } = await house({ now: () => new Date('2026-11-20T15:00:00Z') })
    const closes = await broker.dailyCloses?.(infy, 2)
    expect(closes?.map(({ day }) => day)).toEqual(['2026-11-18', '2026-11-19'])
  })
})

describe('Kite’s ticker', () => {
  const heard = () => {
    const reports: StreamReport[] = []
    const orders = () => reports.flatMap(report => (report.kind === 'order' ? [report.order] : []))
    const last = (): BrokerOrder | undefined => orders().at(-1)
    const statuses = () => reports.flatMap(report => (report.kind === 'status' ? [report.status] : []))
    return { reports, last, statuses }
  }

  it('tells an order as it fills, under the same execution ids as asking does', async () => {
    const { kite, broker, venue } = await house({ heartbeat_ms: 50 })
    const { reports, last, statuses } = heard()
    const close = await broker.stream?.(['A1'], report => reports.push(report))
    const order = limit(venue, '99')
    await broker.placeOrder(order)
    kite.stream.garbage()
    kite.price(INFY, 98, 98.5)
    await expect.poll(() => last()?.status).toBe('FILLED')
    await expect.poll(() => last()?.fills.length).toBe(1)
    const [execution] = await broker.executions('A1', new Date(0))
    expect(last()?.fills[0]?.execution_id).toBe(execution?.execution_id)
    expect(statuses()[0]).toBe('CONNECTED')
    await close?.()
    expect(statuses()).not.toContain('DISCONNECTED')
  })

  it('says when it is lost, and opens for nobody who has not logged in', async () => {
    const { kite, broker } = await house()
    const { reports, statuses } = heard()
    await broker.stream?.(['A1'], report => reports.push(report))
    kite.stream.drop()
    await expect.poll(() => statuses().at(-1)).toBe('DISCONNECTED')
    kite.endLogins()
    const opening = broker.stream?.(['A1'], () => undefined)
    await expect(opening).rejects.toThrow('STREAM_NOT_OPENED: account_id=A1')
  })
})

it('a postback proves itself by Kite’s checksum', async () => {
  const posted: Record<string, string>[] = []
  const { createServer } = await import('node:http')
  const server = createServer(async (message, response) => {
    posted.push(JSON.parse(Buffer.concat(await message.toArray()).toString()))
    response.end()
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { broker, venue, kite } = await house({ postback_url: `http://127.0.0.1:${port}` })
  await broker.placeOrder(request(venue))
  await expect.poll(() => posted.at(-1)?.status).toBe('COMPLETE')
  const last = posted.at(-1)
  expect(last?.checksum).toBe(sha256(`${last?.order_id}${last?.order_timestamp}${kite.app.api_secret}`))
  server.close()
})
