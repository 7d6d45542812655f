import { describe, expect, it } from 'vitest'
import { shownPositions } from '../../../../functions/sync-accounts/open-positions.ts'
import { newPosition } from '../../../../shared/store/positions.ts'
import { at, money, stock } from '../../shared/brokers/paper/samples.ts'

const held = (strategy_id: string, quantity: number, price: number) => ({
  ...newPosition(
    { account_id: 'A1', strategy_id, instrument_id: 'AAPL', instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' },
    at,
  ),
  quantity: money(quantity),
  cost: money(quantity * price),
  avg_price: money(price),
})

const atBroker = (quantity: number) => ({
  account_id: 'A1',
  instrument_id: 'AAPL',
  symbol: 'AAPL',
  side: quantity < 0 ? ('SHORT' as const) : ('LONG' as const),
  quantity: money(quantity),
  avg_price: money(100),
  current_price: money(110),
  unrealized_pnl: money(quantity * 10),
})

const shown = (...given: Parameters<typeof shownPositions>) =>
  shownPositions(...given).map(
    ({ strategy_id, side, quantity, avg_price, unrealized_pnl }) => `${strategy_id} ${side} ${quantity} @${avg_price} ${unrealized_pnl}`,
  )

describe('the positions of an account', () => {
  it('are the broker’s, with whose they are', () => {
    expect(shown(atBroker(10), [held('Trend', 10, 99)])).toEqual(['Trend LONG 10 @100 100'])
  })

  it('have a line for each strategy that shares an instrument, at what it paid', () => {
    expect(shown(atBroker(6), [held('Trend', 10, 100), held('Reversal', -4, 105)])).toEqual([
      'Trend LONG 10 @100 100',
      'Reversal SHORT 4 @105 -20',
    ])
  })

  it('are EXTERNAL as far as none of ours holds them, and add up to the broker’s', () => {
    expect(shown(atBroker(-5), [])).toEqual(['EXTERNAL SHORT 5 @100 -50'])
    expect(shown(atBroker(12), [held('Trend', 10, 100)])).toEqual(['Trend LONG 10 @100 100', 'EXTERNAL LONG 2 @100 20'])
    expect(shown(atBroker(12), [held('Trend', 10, 100), held('EXTERNAL', 1, 90)])).toEqual([
      'Trend LONG 10 @100 100',
      'EXTERNAL LONG 2 @90 20',
    ])
    expect(shown(atBroker(9), [held('Trend', 10, 100), held('EXTERNAL', 1, 90)])).toEqual([
      'Trend LONG 10 @100 100',
      'EXTERNAL SHORT 1 @90 -10',
    ])
  })
})
