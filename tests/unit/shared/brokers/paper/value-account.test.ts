import { describe, expect, it } from 'vitest'
import { BrokerError } from '../../../../../shared/brokers/broker.ts'
import { type Market, valueAccount } from '../../../../../shared/brokers/paper/value-account.ts'
import type { PaperAccount } from '../../../../../shared/store/paper-book.ts'
import { account, allInstruments, coin, future, german, money, option, pair, position, shown, stock } from './samples.ts'

const market: Market = {
  instruments: new Map(allInstruments.map(each => [each.instrument_id, each])),
  prices: new Map([
    [stock.instrument_id, money(110)],
    [german.instrument_id, money(200)],
    [option.instrument_id, money(3)],
    [coin.instrument_id, money(60_000)],
    [future.instrument_id, money(5010)],
    [pair.instrument_id, money('1.102')],
  ]),
  rates: new Map([
    ['USD', money(1)],
    ['EUR', money('1.1')],
  ]),
}

const valued = (changes: Partial<PaperAccount>, on = market) => shown(valueAccount(account(changes), account(changes), on))

describe('valuing an account', () => {
  it('values a MARGIN account: what is paid in full at its price, on 25 % margin', () => {
    // 4,000 + 60 × 110 = 10,600; 25 % of 6,600; 6,600 − 6,000
    expect(valued({ cash: { USD: money(4000) }, positions: [position(stock, 60, 6000)] })).toEqual({
      cash: '4000',
      equity: '10600',
      margin_used: '1650',
      unrealized_pnl: '600',
      realized_pnl: '0',
    })
  })

  it('takes margin for a short position too', () => {
    // 16,000 − 60 × 110 = 9,400; −6,600 + 6,000
    expect(valued({ cash: { USD: money(16_000) }, positions: [position(stock, -60, -6000)] })).toMatchObject({
      equity: '9400',
      margin_used: '1650',
      unrealized_pnl: '-600',
    })
  })

  it('values a FUTURES account by gains alone, on the margin of each contract', () => {
    // 2 × 50 × 10 = 1,000; 2 × 15,000
    const positions = [position(future, 2, 500_000)]
    expect(valued({ account_type: 'FUTURES', cash: { USD: money(50_000) }, positions })).toMatchObject({
      equity: '51000',
      margin_used: '30000',
      unrealized_pnl: '1000',
    })
  })

  it('values an OPTIONS account by premiums', () => {
    // 9,250 + 3 × 3 × 100 = 10,150; margin 100 % of 900
    expect(valued({ account_type: 'OPTIONS', cash: { USD: money(9250) }, positions: [position(option, 3, 750)] })).toMatchObject({
      equity: '10150',
      margin_used: '900',
      unrealized_pnl: '150',
    })
  })

  it('uses no margin in a CASH account that owes nothing', () => {
    expect(valued({ account_type: 'CASH', cash: { USD: money(4000) }, positions: [position(stock, 60, 6000)] })).toMatchObject({
      equity: '10600',
      margin_used: '0',
    })
  })

  it('counts what a CASH account has borrowed, and what it sold short', () => {
    // −500 + 60 × 110 = 6,100
    expect(valued({ account_type: 'CASH', cash: { USD: money(-500) }, positions: [position(stock, 60, 6000)] })).toMatchObject({
      equity: '6100',
      margin_used: '500',
    })
    // 120,000 + 10,000 − 2 × 60,000; the short value counts whole
    expect(valued({ account_type: 'CRYPTO', cash: { USD: money(130_000) }, positions: [position(coin, -2, -120_000)] })).toMatchObject({
      equity: '10000',
      margin_used: '120000',
    })
  })

  it('takes the margin of a margined position in a CASH account as well', () => {
    expect(valued({ account_type: 'CASH', cash: { USD: money(50_000) }, positions: [position(future, 1, 250_000)] })).toMatchObject({
      equity: '50500',
      margin_used: '15000',
    })
  })

  it('converts foreign cash, positions, gains and margin', () => {
    // cash 10,000 − 1,801 × 1.1 = 8,018.9; 10 × 200 × 1.1 = 2,200; 25 % of it; (2,000 − 1,800) × 1.1; 50 × 1.1
    const foreign = {
      cash: { USD: money(10_000), EUR: money(-1801) },
      realized_pnl: { EUR: money(50) },
      positions: [position(german, 10, 1800)],
    }
    expect(valued(foreign)).toEqual({
      cash: '8018.9',
      equity: '10218.9',
      margin_used: '550',
      unrealized_pnl: '220',
      realized_pnl: '55',
    })
    // A CASH account that has dollars enough has borrowed nothing, whatever the currency it paid in.
    expect(valued({ ...foreign, account_type: 'CASH' })).toMatchObject({ margin_used: '0' })
  })

  it('values a currency pair by its gain, on a percentage of its value', () => {
    // 20,000 × (1.102 − 1.1) = 40; 2 % of 22,040
    expect(valued({ positions: [position(pair, 20_000, 22_000)] })).toMatchObject({ equity: '10040', margin_used: '440.8' })
  })

  it('refuses without a rate, a price or the instrument', () => {
    const positions = [position(german, 10, 1800)]
    expect(() => valued({ positions }, { ...market, rates: new Map([['USD', money(1)]]) })).toThrow(
      new BrokerError('FX_UNAVAILABLE: currency=EUR'),
    )
    expect(() => valued({ positions }, { ...market, prices: new Map() })).toThrow(new BrokerError('PRICE_UNAVAILABLE: instrument_id=SAP'))
    expect(() => valued({ positions }, { ...market, instruments: new Map() })).toThrow(
      new BrokerError('UNKNOWN_INSTRUMENT: instrument_id=SAP'),
    )
  })

  it('needs no rate for a currency of which nothing is left', () => {
    expect(valued({ cash: { USD: money(10_000), JPY: money(0) } })).toMatchObject({ equity: '10000' })
  })
})
