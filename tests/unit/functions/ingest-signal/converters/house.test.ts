import { describe, expect, it } from 'vitest'
import { houseBody, plain, read, refused, withLeg } from './read.ts'

const nothing = {
  requested_quantity: null,
  price: null,
  limit_price: null,
  stop_price: null,
  stop_loss: null,
  take_profit: null,
  trail_pct: null,
  expires_at: null,
  asset_class: null,
  exchange: null,
  currency: null,
  expiry: null,
  strike: null,
  right: null,
  multiplier: null,
  signal_type: null,
}

describe('the house format', () => {
  it('is read whole', () => {
    const { claim, input, format } = read(houseBody)
    expect(format).toBe('house')
    expect(claim).toEqual({ reference: 'Forex', passphrase: 'open sesame' })
    expect(plain(input)).toEqual({
      sender_signal_id: 'test_001',
      // 1,731,000,000 s
      sent_at: '2024-11-07T17:20:00.000Z',
      environment: 'staging',
      legs: [{ ...nothing, ticker: 'AUDCAD', action: 'BUY', order_type: 'MARKET', time_in_force: 'DAY', requested_quantity: '100000' }],
      position_after: null,
    })
  })

  it('needs only a strategy, a ticker and an action', () => {
    const { input } = read({ strategy_name: 'Forex', signal: { ticker: 'audcad', action: 'sell' } })
    expect(plain(input)).toMatchObject({
      sender_signal_id: null,
      sent_at: null,
      environment: null,
      legs: [{ ...nothing, ticker: 'AUDCAD', action: 'SELL' }],
    })
  })

  it('takes every field of a leg, in any case, as number or text', () => {
    const leg = {
      ticker: 'aapl',
      action: 'Buy',
      quantity: '10',
      price: 190.5,
      order_type: 'stop_limit',
      limit_price: '191',
      stop_price: 190,
      stop_loss: '180.25',
      take_profit: 200,
      trail_pct: '1.5',
      time_in_force: 'gtd',
      expires_at: '2026-03-02T16:00:00+01:00',
      asset_class: 'option',
      exchange: 'nasdaq',
      currency: 'usd',
      expiry: 20260320,
      strike: '190',
      right: 'call',
      multiplier: 100,
      signal_type: 'entry',
    }
    expect(plain(read({ ...houseBody, signal: leg }).input.legs)).toEqual([
      {
        ticker: 'AAPL',
        action: 'BUY',
        requested_quantity: '10',
        price: '190.5',
        order_type: 'STOP_LIMIT',
        limit_price: '191',
        stop_price: '190',
        stop_loss: '180.25',
        take_profit: '200',
        trail_pct: '1.5',
        time_in_force: 'GTD',
        expires_at: '2026-03-02T15:00:00.000Z',
        asset_class: 'OPTION',
        exchange: 'NASDAQ',
        currency: 'USD',
        expiry: '20260320',
        strike: '190',
        right: 'CALL',
        multiplier: '100',
        signal_type: 'ENTRY',
      },
    ])
  })

  it('takes several legs', () => {
    const signal = [
      { ticker: 'AAPL', action: 'BUY' },
      { ticker: 'MSFT', action: 'SELL', quantity: 3 },
    ]
    expect(read({ ...houseBody, signal }).input.legs.map(({ ticker, action }) => `${action} ${ticker}`)).toEqual(['BUY AAPL', 'SELL MSFT'])
  })

  it('takes the position that the sender expects afterwards, on either side', () => {
    expect(read(withLeg({ position_after: -3 })).input.position_after?.toString()).toBe('-3')
    expect(read(withLeg({ position_after: '0' })).input.position_after?.toString()).toBe('0')
    expect(read(withLeg({ position_after: '' })).input.position_after).toBeNull()
  })

  it('takes empty fields as none', () => {
    const { input } = read({ ...withLeg({ quantity: '', price: '', order_type: '', time_in_force: null }), signalID: '', environment: '' })
    expect(plain(input)).toMatchObject({
      sender_signal_id: null,
      environment: null,
      legs: [{ requested_quantity: null, price: null, order_type: 'MARKET', time_in_force: 'DAY' }],
    })
  })

  it.each([
    [1731000000, '2024-11-07T17:20:00.000Z'],
    ['1731000000', '2024-11-07T17:20:00.000Z'],
    [1731000000.25, '2024-11-07T17:20:00.250Z'],
    [1731000000123, '2024-11-07T17:20:00.123Z'],
    ['1731000000123', '2024-11-07T17:20:00.123Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ])('takes the time %j in seconds or milliseconds', (signal_sent_EPOCH, sent_at) => {
    expect(read({ ...houseBody, signal_sent_EPOCH }).input.sent_at?.toISOString()).toBe(sent_at)
  })

  it('takes an id that is a number with all its digits', () => {
    expect(
      read('{"strategy_name":"Forex","signalID":12345678901234567890,"signal":{"ticker":"A","action":"BUY"}}').input.sender_signal_id,
    ).toBe('12345678901234567890')
  })
})

describe('what is wrong with a house signal', () => {
  it.each([
    [{ ...houseBody, strategy_name: undefined }, 'strategy_name'],
    [{ ...houseBody, strategy_name: '' }, 'strategy_name'],
    [{ ...houseBody, strategy_name: ['Forex'] }, 'strategy_name'],
    [{ ...houseBody, strategy_name: 'x'.repeat(129) }, 'strategy_name'],
    [{ ...houseBody, passphrase: { $ne: null } }, 'passphrase'],
    [{ ...houseBody, signalID: true }, 'signalID'],
    [{ ...houseBody, signal_sent_EPOCH: 'yesterday' }, 'signal_sent_EPOCH'],
    [{ ...houseBody, signal_sent_EPOCH: -1 }, 'signal_sent_EPOCH'],
    [{ ...houseBody, signal_sent_EPOCH: 1e16 }, 'signal_sent_EPOCH'],
    [{ ...houseBody, environment: ['staging'] }, 'environment'],
    [{ ...houseBody, signal: null }, 'signal.0'],
    [{ ...houseBody, signal: 'BUY AUDCAD' }, 'signal.0'],
    [{ ...houseBody, signal: [] }, 'signal'],
    [{ ...houseBody, signal: Array(21).fill(houseBody.signal) }, 'signal'],
    [{ ...houseBody, signal: [houseBody.signal, { ticker: 'A' }] }, 'signal.1.action'],
    [{ ...houseBody, signal: { action: 'BUY' } }, 'signal.0.ticker'],
    [{ ...houseBody, signal: { ticker: 'AUDCAD' } }, 'signal.0.action'],
    [withLeg({ action: 'HOLD' }), 'signal.0.action'],
    [withLeg({ action: '' }), 'signal.0.action'],
    [withLeg({ action: ['BUY'] }), 'signal.0.action'],
    [withLeg({ action: { buy: true } }), 'signal.0.action'],
    [withLeg({ ticker: 5 }), 'signal.0.ticker'],
    [withLeg({ ticker: '   ' }), 'signal.0.ticker'],
    [withLeg({ quantity: true }), 'signal.0.quantity'],
    [withLeg({ quantity: [1] }), 'signal.0.quantity'],
    [withLeg({ quantity: {} }), 'signal.0.quantity'],
    [withLeg({ quantity: 0 }), 'signal.0.quantity'],
    [withLeg({ price: -1 }), 'signal.0.price'],
    [withLeg({ order_type: 'TELEPATHY' }), 'signal.0.order_type'],
    [withLeg({ order_type: 1 }), 'signal.0.order_type'],
    [withLeg({ expires_at: 'tomorrow' }), 'signal.0.expires_at'],
    [withLeg({ signal_type: 'MAYBE' }), 'signal.0.signal_type'],
    [withLeg({ position_after: 'long' }), 'signal.0.position_after'],
    [withLeg({ position_after: '0.1234567890123456789' }), 'signal.0.position_after'],
    [withLeg({ position_after: `0.${'3'.repeat(60)}` }), 'signal.0.position_after'],
  ])('%# is told by its path', (body, path) => {
    expect(refused(body)).toBe(`422 INVALID_SIGNAL ${path}`)
  })

  it('is told for every field at once', () => {
    expect(refused({ strategy_name: '', signal: { ticker: 'A', action: 'HOLD', quantity: 'NaN', price: -1 } })).toBe(
      '422 INVALID_SIGNAL strategy_name signal.0.action signal.0.quantity signal.0.price',
    )
  })
})
