import { describe, expect, it } from 'vitest'
import { alertBody, plain, read, refused } from './read.ts'

const template = {
  ticker: '{{ticker}}',
  contracts: '{{strategy.order.contracts}}',
  action: '{{strategy.order.action}}',
}

describe('a TradingView alert', () => {
  it('is read whole', () => {
    const { claim, input, format } = read(alertBody)
    expect(format).toBe('tradingview-json')
    expect(claim).toEqual({ reference: 'Forex', passphrase: 'open sesame' })
    expect(plain(input)).toMatchObject({
      sender_signal_id: 'Long@2026-03-02T15:00:00.000Z',
      sent_at: '2026-03-02T15:00:00.000Z',
      environment: null,
      legs: [{ ticker: 'AUDCAD', exchange: 'OANDA', action: 'BUY', requested_quantity: '0.5', price: '0.90125', order_type: 'MARKET' }],
      position_after: '1.5',
    })
  })

  it.each([
    ['long', '1.5', '1.5'],
    ['short', '1.5', '-1.5'],
    ['short', 2, '-2'],
    ['flat', '0', '0'],
    ['flat', '', '0'],
    ['long', '', undefined],
    ['', '1.5', undefined],
  ])('that leaves a %s position of %j expects %s', (market_position, market_position_size, expected) => {
    expect(read({ ...alertBody, market_position, market_position_size }).input.position_after?.toString()).toBe(expected)
  })

  it('has an identity of its order and time where it has no signalID', () => {
    expect(read({ ...alertBody, signalID: 'mine' }).input.sender_signal_id).toBe('mine')
    expect(read({ ...alertBody, order_id: '' }).input.sender_signal_id).toBeNull()
    expect(read({ ...alertBody, time: '' }).input.sender_signal_id).toBeNull()
    // the same moment is the same identity, however it is written
    expect(read({ ...alertBody, time: '2026-03-02T16:00:00+01:00' }).input.sender_signal_id).toBe('Long@2026-03-02T15:00:00.000Z')
  })

  it('may leave fields empty', () => {
    const empty = { exchange: '', price: '', market_position: '', market_position_size: '', time: '', order_id: '', contracts: '' }
    expect(plain(read({ ...alertBody, ...empty }).input)).toMatchObject({
      sender_signal_id: null,
      sent_at: null,
      legs: [{ exchange: null, price: null, requested_quantity: null }],
      position_after: null,
    })
  })

  it('may use other common names', () => {
    const { ticker, action, contracts, ...rest } = alertBody
    for (const quantity of ['quantity', 'qty', 'size']) {
      const leg = read({ ...rest, symbol: ticker, side: action, [quantity]: contracts }).input.legs[0]
      expect(plain(leg)).toMatchObject({ ticker: 'AUDCAD', action: 'BUY', requested_quantity: '0.5' })
    }
  })

  it('may give numbers as numbers', () => {
    expect(plain(read({ ...alertBody, contracts: 0.5, price: 0.90125, market_position_size: 1.5 }).input)).toMatchObject({
      legs: [{ requested_quantity: '0.5', price: '0.90125' }],
      position_after: '1.5',
    })
  })
})

describe('what is wrong with a TradingView alert', () => {
  it.each([
    [{ action: undefined }, 'action'],
    [{ action: 'close' }, 'action'],
    [{ action: ['buy'] }, 'action'],
    [{ ticker: '' }, 'ticker'],
    [{ ticker: {} }, 'ticker'],
    [{ contracts: '0' }, 'contracts'],
    [{ contracts: '-1' }, 'contracts'],
    [{ contracts: 'NaN' }, 'contracts'],
    [{ contracts: true }, 'contracts'],
    [{ price: 'Infinity' }, 'price'],
    [{ market_position: 'sideways' }, 'market_position'],
    [{ market_position_size: '-1' }, 'market_position_size'],
    [{ market_position_size: '1.2345678901234567890' }, 'market_position_size'],
    [{ time: 'now' }, 'time'],
    [{ strategy_name: undefined }, 'strategy_name'],
    [{ passphrase: [] }, 'passphrase'],
    // TradingView leaves a placeholder as it is where the alert is none of a strategy
    [{ contracts: template.contracts }, 'contracts'],
    [{ action: template.action }, 'action'],
  ])('%j is told by its path', (changes, path) => {
    expect(refused({ ...alertBody, ...changes })).toBe(`422 INVALID_SIGNAL ${path}`)
  })
})
