import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bookOrder } from '../../../../../shared/brokers/paper/book-order.ts'
import { signed } from '../../../../../shared/domain/account/book-fill.ts'
import { sum } from '../../../../../shared/domain/money/decimal.ts'
import { account, coin, future, german, money, option, pair, shown, stock, traded } from './samples.ts'

const trade = (of: typeof stock, action: 'BUY' | 'SELL', quantity: string, price: string, commission = '0') =>
  traded({ of, action, quantity: money(quantity), price: money(price), commission: money(commission) })

describe('booking an order on paper', () => {
  it('pays for a stock in full, and its fee', () => {
    // 10,000 − 20 × 150.5 − 1 = 6,989
    const { cash, fees, realized_pnl } = bookOrder(account(), trade(stock, 'BUY', '20', '150.5', '1'))
    expect([shown(cash), shown(fees), shown(realized_pnl)]).toEqual([{ USD: '6989' }, { USD: '1' }, { USD: '0' }])
  })

  it('pays an option’s premium by its multiplier', () => {
    // 3 × 2.5 × 100 = 750
    expect(shown(bookOrder(account(), trade(option, 'BUY', '3', '2.5')).cash)).toEqual({ USD: '9250' })
  })

  it('is paid for a short sale', () => {
    expect(shown(bookOrder(account(), trade(stock, 'SELL', '20', '150.5', '1')).cash)).toEqual({ USD: '13009' })
  })

  it('moves only fees when a future opens, and the gain when it closes', () => {
    const opened = bookOrder(account(), trade(future, 'BUY', '2', '5000', '4'))
    expect(shown(opened.cash)).toEqual({ USD: '9996' })
    // 1 × 50 × (5,010 − 5,000) = 500, less 2
    const closed = bookOrder(opened, trade(future, 'SELL', '1', '5010', '2'))
    expect(shown(closed.cash)).toEqual({ USD: '10494' })
    expect(shown(closed.realized_pnl)).toEqual({ USD: '500' })
  })

  it('moves only the gain of a currency pair, in its second currency', () => {
    // 20,000 × (1.101 − 1.1) = 20
    const closed = [trade(pair, 'BUY', '20000', '1.1'), trade(pair, 'SELL', '20000', '1.101')].reduce(bookOrder, account())
    expect(shown(closed.cash)).toEqual({ USD: '10020' })
    expect(closed.positions).toEqual([])
  })

  it('keeps another currency apart, below zero where it is borrowed', () => {
    // 10 × 180 + 1
    expect(shown(bookOrder(account(), trade(german, 'BUY', '10', '180', '1')).cash)).toEqual({ USD: '10000', EUR: '-1801' })
  })
})

const anyTrade = record({
  of: constantFrom(stock, german, option, coin, future, pair),
  action: constantFrom<('BUY' | 'SELL')[]>('BUY', 'SELL'),
  lots: integer({ min: 1, max: 5000 }),
  ticks: integer({ min: 1, max: 1_000_000 }),
  cents: integer({ min: 0, max: 5000 }),
})

describe('booking any orders on paper', () => {
  it('conserves money in each currency, to the last digit', () =>
    assert(
      property(array(anyTrade, { maxLength: 40 }), generated => {
        const orders = generated.map(({ of, action, lots, ticks, cents }, n) =>
          traded({ of, action, quantity: of.lot.times(lots), price: of.tick.times(ticks), commission: money(cents).div(100) }, n),
        )
        const book = orders.reduce(bookOrder, account())
        for (const currency of ['USD', 'EUR']) {
          const inCurrency = orders
            .filter(order => order.settlement?.currency === currency)
            .flatMap(({ fills, settlement }) => fills.map(each => ({ ...each, settlement })))
          const paid = sum(
            inCurrency.map(each =>
              signed(each.action, each.quantity)
                .times(each.price)
                .times(each.settlement?.multiplier ?? 0)
                .plus(each.commission),
            ),
          )
          // What is open on margin was never paid: its cost is still owed.
          const owed = sum(
            book.positions
              .filter(each => currency === 'USD' && [future, pair].some(of => of.instrument_id === each.instrument_id))
              .map(each => each.cost),
          )
          const start = money(currency === 'USD' ? 10_000 : 0)
          expect((book.cash[currency] ?? money(0)).minus(owed).toString()).toBe(start.minus(paid).toString())
        }
      }),
    ))
})
