import { describe, expect, it } from 'vitest'
import { named } from '../../../../../functions/ingest-signal/converters/names.ts'
import { houseBody, read, refused } from './read.ts'

describe('the names of fields', () => {
  it.each([
    ['symbol', 'ticker'],
    ['Ticker', 'ticker'],
    ['side', 'action'],
    ['ACTION', 'action'],
    ['qty', 'quantity'],
    ['size', 'quantity'],
    ['contracts', 'quantity'],
    ['shares', 'quantity'],
    ['limitPrice', 'limit_price'],
    ['limit-price', 'limit_price'],
    ['assetClass', 'asset_class'],
    ['strategy', 'strategy_name'],
    ['strategy_id', 'strategy_name'],
    ['signal_id', 'signalID'],
  ])('%s is %s', (name, field) => {
    expect(named({ [name]: 'x' }).fields).toEqual({ [field]: 'x' })
  })

  it('leave the first of their row to count, unless it is empty', () => {
    expect(named({ qty: 2, quantity: 1, size: 3 }).fields).toEqual({ quantity: 1 })
    expect(named({ size: 3, qty: 2 }).fields).toEqual({ quantity: 2 })
    expect(named({ quantity: '', qty: 2 }).fields).toEqual({ quantity: 2 })
  })

  it('leave out what nobody knows, and what belongs to JavaScript', () => {
    expect(named(JSON.parse('{"note":1,"__proto__":{"ticker":"A"},"constructor":1,"toString":2}')).fields).toEqual({})
  })

  it('are understood in each leg, and refusals use those that were sent', () => {
    expect(read({ ...houseBody, signal: [{ symbol: 'ES1!', side: 'sell', contracts: 2 }] }).input.legs).toMatchObject([
      { ticker: 'ES1!', action: 'SELL' },
    ])
    expect(refused({ ...houseBody, signal: [houseBody.signal, { symbol: 'ES1!', side: 'hold', qty: -2 }] })).toBe(
      '422 INVALID_SIGNAL signal.1.side signal.1.qty',
    )
  })

  it.each([
    ['stock', 'EQUITY'],
    ['futures', 'FUTURE'],
    ['OPT', 'OPTION'],
    ['fx', 'FOREX'],
    ['crypto', 'CRYPTO'],
  ])('of asset classes may be %s for %s', (asset_class, ours) => {
    expect(read({ ...houseBody, signal: { ...houseBody.signal, asset_class } }).input.legs[0]?.asset_class).toBe(ours)
  })
})
