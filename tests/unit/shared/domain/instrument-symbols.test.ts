import { describe, expect, it } from 'vitest'
import { type Described, expiryOf, isExpiry, splitTicker, symbolForms } from '../../../../shared/domain/instrument-symbols.ts'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'

const forms = (ticker: string, said: Partial<Described> = {}) =>
  symbolForms({ ticker, asset_class: null, expiry: null, strike: null, right: null, ...said }, 2026)

describe('the symbols under which an instrument is looked up', () => {
  it.each([
    ['AUDCAD', ['AUDCAD']],
    ['FX:AUDCAD', ['AUDCAD']],
    ['AUD/CAD', ['AUD/CAD', 'AUDCAD']],
    ['AUD.CAD', ['AUD.CAD', 'AUDCAD']],
    ['BTCUSDT', ['BTCUSDT']],
    ['BINANCE:BTCUSDT', ['BTCUSDT']],
    ['BTC-USDT', ['BTC-USDT', 'BTCUSDT']],
    ['ES1!', ['ES1!']],
    ['CME_MINI:ES1!', ['ES1!']],
    ['ESZ2030', ['ESZ2030']],
    ['ESZ30', ['ESZ30', 'ESZ2030']],
    ['NSE:RELIANCE', ['RELIANCE']],
    ['BRK.B', ['BRK.B']],
    ['AAPL240621C00190000', ['AAPL240621C00190000']],
    ['AAPL  240621C00190000', ['AAPL  240621C00190000', 'AAPL240621C00190000']],
    ['OPRA:AAPL240621C190.0', ['AAPL240621C190.0', 'AAPL240621C00190000']],
    ['.AAPL240621P187.5', ['.AAPL240621P187.5', 'AAPL240621P00187500']],
  ])('of %s are %j', (ticker, expected) => {
    expect(forms(ticker)).toEqual(expected)
  })

  it('hold the option that a leg describes, by its OCC symbol', () => {
    const option = { asset_class: 'OPTION', expiry: '2024-06-21', strike: new Decimal('190'), right: 'CALL' } as const
    expect(forms('AAPL', option)).toEqual(['AAPL', 'AAPL240621C00190000'])
    expect(forms('AAPL', { ...option, expiry: '20240621', strike: new Decimal('2.5'), right: 'PUT' })).toEqual([
      'AAPL',
      'AAPL240621P00002500',
    ])
    expect(forms('AAPL', { ...option, strike: null })).toEqual(['AAPL'])
    expect(forms('AAPL', { ...option, strike: new Decimal('123456') })).toEqual(['AAPL'])
  })

  it('hold the future that a leg describes, by its month', () => {
    expect(forms('ES', { asset_class: 'FUTURE', expiry: '2030-12-20' })).toEqual(['ES', 'ESZ2030'])
    expect(forms('ES1!', { asset_class: 'FUTURE', expiry: '203003' })).toEqual(['ES1!', 'ESH2030'])
  })

  it.each([
    ['ESZ6', 'ESZ2026'],
    ['ESH5', 'ESH2025'],
    ['ESH3', 'ESH2023'],
    ['ESH2', 'ESH2032'],
    ['ESZ0', 'ESZ2030'],
  ])('read %s in 2026 as %s', (short, full) => {
    expect(forms(short)).toEqual([short, full])
  })
})

describe('an expiry', () => {
  it.each([
    ['2024-06-21', '2024-06-21'],
    ['20240621', '2024-06-21'],
    ['240621', '2024-06-21'],
    ['2024-06-21T00:00:00Z', '2024-06-21'],
    ['202406', '2024-06'],
    ['2024-06', '2024-06'],
    ['June', null],
  ])('%s is %s', (text, expected) => {
    // 202406 is a month of 2024, not a day of 2020
    expect(expiryOf(text)).toBe(expected)
  })

  it('may be sent without its day', () => {
    expect(isExpiry('2024-06-21', '202406')).toBe(true)
    expect(isExpiry('2024-06-21', '2024-06-28')).toBe(false)
    expect(isExpiry(null, '202406')).toBe(false)
  })
})

describe('a ticker', () => {
  it('may begin with its exchange', () => {
    expect(splitTicker('NSE:RELIANCE')).toEqual({ exchange: 'NSE', symbol: 'RELIANCE' })
    expect(splitTicker('AAPL')).toEqual({ exchange: null, symbol: 'AAPL' })
  })
})
