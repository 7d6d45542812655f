import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { BrokerConnectionError, BrokerError } from '../../../../shared/brokers/broker.ts'
import { alpacaHouse, call, coin, future, money, request, share } from './house.ts'

const house = alpacaHouse()

const text = (value: unknown): string => inspect(value, { depth: 20, showHidden: true })

describe('what Alpaca tells of an account', () => {
  it('tells balance, margin and positions exactly, each account by its own keys', async () => {
    const [one, two] = [house.newAccount({ cash: '10000' }), house.newAccount({ cash: '500.25', multiplier: 1 })]
    const broker = house.brokerOf([one, two])
    await broker.placeOrder(request(one.account_id, { quantity: money('10') }))
    await broker.placeOrder(request(two.account_id, { quantity: money('1') }))
    await expect.poll(async () => (await broker.positions(two.account_id)).length).toBe(1)
    const { equity, cash, margin_used, margin_available, unrealized_pnl } = await broker.balance(one.account_id)
    // 10 at 100.02 of 10,000; the middle is 100.01, of which half is margin
    expect([equity, cash, margin_used, margin_available, unrealized_pnl].map(String)).toEqual([
      '9999.9',
      '8999.8',
      '500.05',
      '9499.85',
      '-0.1',
    ])
    expect((await broker.margin(one.account_id)).maintenance.toString()).toBe('300.03')
    const [held] = await broker.positions(two.account_id)
    expect(`${held?.instrument_id} ${held?.side} ${held?.quantity} ${held?.avg_price} ${held?.current_price}`).toBe(
      'EQUITY:AAPL LONG 1 100.02 100.01',
    )
    expect(await broker.executions(two.account_id, new Date(0))).toHaveLength(1)
  })

  it('tells executions page by page since a moment, and what is nobody’s of ours too', async () => {
    const { broker, account_id, keys } = house.open({ cash: '100000000' })
    const { url, world } = house.simulator()
    world.pieces = 130
    world.pieces_at_once = 130
    await broker.placeOrder(request(account_id, { quantity: money('260') }))
    await expect.poll(async () => (await broker.executions(account_id, new Date(0))).length).toBe(130)
    world.pieces = 1
    world.pieces_at_once = 1
    const since = new Date()
    await fetch(`${url}/v2/orders`, {
      method: 'POST',
      headers: { 'APCA-API-KEY-ID': keys.key_id, 'APCA-API-SECRET-KEY': keys.secret },
      body: JSON.stringify({ symbol: 'AAPL', qty: '7', side: 'buy', type: 'market', time_in_force: 'day' }),
    })
    await expect.poll(async () => (await broker.executions(account_id, since)).map(({ quantity }) => `${quantity}`)).toEqual(['7'])
    const all = await broker.executions(account_id, new Date(0))
    expect(new Set(all.map(({ execution_id }) => execution_id)).size).toBe(131)
    expect(all.at(-1)?.client_order_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('names what is in no table of ours', async () => {
    const { broker, account_id } = house.open()
    house.simulator().faults.add({
      of: 'GET /v2/positions',
      kind: 'answer',
      status: 200,
      body: '[{"symbol":"ZZZ","qty":"-3","side":"short","avg_entry_price":"1.10","current_price":"1.2","unrealized_pl":"-0.3","asset_class":"us_equity"}]',
    })
    const [held] = await broker.positions(account_id)
    expect(`${held?.instrument_id} ${held?.side} ${held?.quantity}`).toBe('alpaca:ZZZ SHORT -3')
  })

  it.each([
    ['wrong keys', { status: 401, body: '{"code":40110000,"message":"request is not authorized"}' }, BrokerError],
    ['a page where JSON was meant', { status: 200, body: '<html></html>' }, BrokerError],
    ['a list of something else', { status: 200, body: '[{"name":"x"}]' }, BrokerError],
    ['a fault of its own', { status: 500, body: '{"code":50010000,"message":"internal server error occurred"}' }, BrokerConnectionError],
    ['a gateway without answer', { status: 502, body: '<html>bad gateway</html>' }, BrokerConnectionError],
    ['too many requests', { status: 429, body: '{"code":42910000,"message":"rate limit exceeded"}' }, BrokerConnectionError],
  ])('throws on %s, and never answers “none”', async (_what, answer, kind) => {
    const { broker, account_id } = house.open()
    const { faults } = house.simulator()
    faults.add({ of: 'GET /v2/positions', kind: 'answer', ...answer })
    await expect(broker.positions(account_id)).rejects.toBeInstanceOf(kind)
  })

  it('asks nothing for as long as it was told to rest, orders included', async () => {
    const { broker, account_id } = house.open()
    const { faults } = house.simulator()
    faults.add({
      of: 'GET /v2/account',
      kind: 'answer',
      status: 429,
      body: '{"message":"rate limit exceeded"}',
      headers: { 'retry-after': '30' },
    })
    await expect(broker.balance(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    const before = faults.seen.length
    await expect(broker.positions(account_id)).rejects.toThrow('RATE_LIMITED by us')
    expect(await broker.placeOrder(request(account_id))).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('RATE_LIMITED'),
    })
    expect(faults.seen.length).toBe(before)
  })

  it('keeps within its requests a minute and leaves some to orders', async () => {
    const { broker, account_id } = house.open({}, { requests_per_minute: 10 })
    for (let count = 0; count < 8; count += 1) await broker.positions(account_id)
    await expect(broker.positions(account_id)).rejects.toThrow('RATE_LIMITED by us')
    expect(await broker.placeOrder(request(account_id, { order_type: 'LIMIT', limit_price: money('90') }))).toMatchObject({
      kind: 'confirmed',
    })
  })

  it('sends nothing while it is disconnected, nor later', async () => {
    const { broker, account_id } = house.open()
    await broker.disconnect()
    const before = house.simulator().faults.seen.length
    expect(await broker.placeOrder(request(account_id))).toMatchObject({
      kind: 'rejected',
      reason: expect.stringContaining('DISCONNECTED'),
    })
    await expect(broker.positions(account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
    expect(house.simulator().faults.seen.length).toBe(before)
    await broker.connect()
    expect(await broker.openOrders(account_id)).toEqual([])
  })
})

describe('market data', () => {
  it('keeps every digit of what comes as a number', async () => {
    const { broker } = house.open()
    const simulator = house.simulator()
    simulator.price('BTC/USD', '60000.10', '60000.1234567890123')
    expect(await broker.quote(coin)).toMatchObject({ bid: money('60000.1'), ask: money('60000.1234567890123'), last: money('60000.1') })
    expect((await broker.quote(call))?.bid.toString()).toBe('5.1')
    expect(await broker.quote(future)).toBeNull()
    simulator.faults.add({
      of: 'GET /v2/stocks/quotes/latest',
      kind: 'answer',
      status: 200,
      body: '{"quotes":{"AAPL":{"t":"2026-03-02T15:00:00Z","ap":0,"bp":99.5}}}',
    })
    expect(await broker.quote(share)).toBeNull()
  })

  it('tells what an instrument closed at, page by page, without today', async () => {
    const { broker } = house.open()
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10)
    const closes = Array.from({ length: 9 }, (_, index) => ({ day: day(8 - index), close: `10${index}.50` }))
    house.simulator().world.closes.set('BTC/USD', closes)
    const told = await broker.dailyCloses?.(coin, 4)
    expect(told?.map(each => `${each.day} ${each.close}`)).toEqual(closes.slice(4, 8).map(each => `${each.day} ${Number(each.close)}`))
  })

  it('reads New York’s clock, before and after it is put back', async () => {
    const { broker } = house.open()
    const sessions = await broker.calendar(share, new Date('2026-10-30T00:00:00Z'), new Date('2026-11-02T23:00:00Z'))
    expect(sessions.map(each => `${each.opens_at.toISOString()} ${each.closes_at.toISOString()}`)).toEqual([
      '2026-10-30T13:30:00.000Z 2026-10-30T20:00:00.000Z',
      '2026-11-02T14:30:00.000Z 2026-11-02T21:00:00.000Z',
    ])
    const short = await broker.calendar(share, new Date('2026-11-26T00:00:00Z'), new Date('2026-11-28T00:00:00Z'))
    expect(short.map(each => each.closes_at.toISOString())).toEqual(['2026-11-27T18:00:00.000Z'])
    const always = { opens_at: new Date('2026-11-26'), closes_at: new Date('2026-11-28') }
    expect(await broker.calendar(coin, always.opens_at, always.closes_at)).toEqual([always])
  })
})

describe('what happens to an account beside orders', () => {
  it('tells dividends, interest, fees and transfers, and takes back what was canceled', async () => {
    const { broker, account_id, account } = house.open()
    const simulator = house.simulator()
    const since = new Date()
    simulator.activity(account, 'DIV', { date: '2026-03-02', net_amount: '12.34', symbol: 'AAPL', qty: '10', per_share_amount: '1.234' })
    simulator.activity(account, 'DIVNRA', { date: '2026-03-02', net_amount: '-1.85', symbol: 'AAPL', status: 'executed' })
    simulator.activity(account, 'INT', { net_amount: '-3.5', activity_sub_type: 'MGN' })
    simulator.activity(account, 'INT', { net_amount: '0.5' })
    simulator.activity(account, 'FEE', { net_amount: '-0.02', activity_sub_type: 'TAF', description: 'TAF fee' })
    const canceled = simulator.activity(account, 'CSD', { net_amount: '5000', status: 'canceled' })
    simulator.activity(account, 'NC', { net_amount: '0', symbol: 'AAPL', qty: '10' })
    const told = await broker.accountEvents(account_id, since)
    expect(told.map(event => (event.kind === 'CASH' ? `${event.type} ${event.amount} ${event.instrument_id}` : event.type)).sort()).toEqual(
      [
        'DIVIDEND 12.34 EQUITY:AAPL',
        'DIVIDEND -1.85 EQUITY:AAPL',
        'FINANCING -3.5 null',
        'INTEREST 0.5 null',
        'FEE -0.02 null',
        'TRANSFER 5000 null',
        'TRANSFER -5000 null',
      ].sort(),
    )
    expect(told.filter(({ event_id }) => event_id.startsWith(canceled)).map(({ event_id }) => event_id)).toEqual([
      canceled,
      `${canceled}:canceled`,
    ])
    expect(told.every(({ time }) => Math.abs(time.getTime() - since.getTime()) < 5_000)).toBe(true)
  })

  it('tells splits, expiries, assignments with their shares, and fees in coins', async () => {
    const { broker, account_id, account } = house.open()
    const simulator = house.simulator()
    const split = { group_id: 'g1', symbol: 'AAPL', activity_sub_type: 'FSPLIT', net_amount: '0' }
    simulator.activity(account, 'SPLIT', { ...split, qty: '-10' })
    simulator.activity(account, 'SPLIT', { ...split, qty: '40' })
    simulator.activity(account, 'OPEXP', { symbol: call.symbol, qty: '-2', net_amount: '0' })
    simulator.activity(account, 'OPASN', { symbol: call.symbol, qty: '2', net_amount: '0', group_id: 'g2' })
    simulator.activity(account, 'OPTRD', { symbol: 'AAPL', qty: '-200', price: '250', net_amount: '50000', group_id: 'g2' })
    simulator.activity(account, 'CFEE', { symbol: 'BTCUSD', qty: '-0.0000025', price: '60000', net_amount: '0' })
    const told = (await broker.accountEvents(account_id, new Date(0))).filter(event => event.kind === 'POSITION')
    const words = told.map(({ type, instrument_id, quantity_change, ratio, into }) =>
      [type, instrument_id, quantity_change, ratio, into?.instrument_id, into?.quantity_change].map(String).join(' '),
    )
    expect(words.sort()).toEqual([
      'ASSIGNMENT OPTION:AAPL261218C00250000 2 null EQUITY:AAPL -200',
      'DELIVERY CRYPTO:BTCUSD -0.0000025 null undefined undefined',
      'EXPIRY OPTION:AAPL261218C00250000 -2 null undefined undefined',
      'SPLIT EQUITY:AAPL 30 4 undefined undefined',
    ])
  })
})

describe('keys', () => {
  it('are read again when they change, and are in no error', async () => {
    const { broker, account_id, secret, keys } = house.open()
    await broker.balance(account_id)
    house.secrets.set(secret, `${keys.key_id}:another-than-before`)
    const error = await broker.balance(account_id).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(BrokerError)
    house.simulator().faults.add({ of: 'GET /v2/account', kind: 'reset' })
    const lost = await broker.balance(account_id).catch((fault: unknown) => fault)
    const refused = await broker.placeOrder(request(account_id))
    for (const told of [error, lost, refused, await broker.session?.()]) {
      expect(text(told)).not.toContain('another-than-before')
      expect(text(told)).not.toContain(keys.key_id)
    }
    house.secrets.set(secret, JSON.stringify({ key_id: keys.key_id, secret_key: keys.secret }))
    expect((await broker.balance(account_id)).account_id).toBe(account_id)
    house.secrets.set(secret, 'no colon')
    await expect(broker.balance(account_id)).rejects.toThrow(/UNREADABLE_SECRET: account_id=\S+, secret=keys-\d+$/)
  })

  it('a paper account never asks at the live address, nor a live one at the paper address', () => {
    const open = (base_url: string, trading_mode: 'PAPER' | 'LIVE') => {
      const plan = house.planOf([{ account_id: 'A', secret: 's' }], { base_url })
      return () => house.openPlan({ ...plan, accounts: plan.accounts.map(account => ({ ...account, trading_mode })) })
    }
    expect(open('https://api.alpaca.markets', 'PAPER')).toThrow('paper account A at api.alpaca.markets')
    expect(open('https://paper-api.alpaca.markets', 'LIVE')).toThrow('live account A at paper-api.alpaca.markets')
    expect(() => house.openPlan({ ...house.planOf([]), connection: { deadline_ms: 'soon' } })).toThrow('WRONG_CONNECTION')
  })
})
