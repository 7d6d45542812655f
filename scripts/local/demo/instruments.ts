import type { z } from 'zod'
import type { instrument } from '../../../shared/messages/instrument.ts'

export type InstrumentInput = z.input<typeof instrument>

type Given = Pick<InstrumentInput, 'symbol' | 'asset_class' | 'name' | 'currency' | 'tick' | 'calendar'> & Partial<InstrumentInput>

/** An instrument of which nothing special is known. */
export const listed = (given: Given): InstrumentInput => ({
  instrument_id: `${given.asset_class}:${given.symbol}`,
  exchange: null,
  expiry: null,
  strike: null,
  right: null,
  multiplier: '1',
  lot: '1',
  margin_per_lot: null,
  margin_pct: null,
  broker_symbols: {},
  continuous_of: null,
  ...given,
})

const share = (symbol: string, name: string, exchange: string) =>
  listed({
    symbol,
    name,
    exchange,
    asset_class: 'EQUITY',
    currency: 'USD',
    tick: '0.01',
    calendar: 'XNYS',
    margin_pct: '25',
    broker_symbols: { tradingview: `${exchange}:${symbol}` },
  })

/** A lot of 1,000 units; the price is in the second currency. */
const pair = (symbol: string, name: string) =>
  listed({
    symbol,
    name,
    exchange: 'IDEALPRO',
    asset_class: 'FOREX',
    currency: symbol.slice(3),
    tick: '0.00001',
    lot: '1000',
    calendar: 'FX',
    margin_pct: '3.333',
    broker_symbols: { ibkr: `${symbol.slice(0, 3)}.${symbol.slice(3)}`, tradingview: `FX:${symbol}` },
  })

/** Far enough ahead that the demo needs no rolling. */
const EXPIRY = '2030-12-20'

const future = (root: string, name: string, given: Pick<InstrumentInput, 'multiplier' | 'margin_per_lot'>) =>
  listed({
    symbol: `${root}Z2030`,
    name,
    exchange: 'CME',
    asset_class: 'FUTURE',
    currency: 'USD',
    tick: '0.25',
    calendar: 'CME',
    expiry: EXPIRY,
    continuous_of: `${root}1!`,
    broker_symbols: { ibkr: `${root}Z0`, tradingview: `CME_MINI:${root}Z2030` },
    ...given,
  })

const coin = (symbol: string, name: string, lot: string) =>
  listed({
    symbol,
    name,
    exchange: 'BINANCE',
    asset_class: 'CRYPTO',
    currency: 'USDT',
    tick: '0.01',
    lot,
    calendar: 'CRYPTO',
    broker_symbols: { ccxt: `${symbol.slice(0, -4)}/USDT`, tradingview: `BINANCE:${symbol}` },
  })

/** At least one instrument of every asset class. */
export const demoInstruments: readonly InstrumentInput[] = [
  share('AAPL', 'Apple', 'NASDAQ'),
  share('MSFT', 'Microsoft', 'NASDAQ'),
  share('SPY', 'SPDR S&P 500 ETF', 'ARCA'),
  listed({
    symbol: 'AAPL301220C00250000',
    name: 'Apple call 250, December 2030',
    exchange: 'OPRA',
    asset_class: 'OPTION',
    currency: 'USD',
    expiry: EXPIRY,
    strike: '250',
    right: 'CALL',
    multiplier: '100',
    tick: '0.05',
    calendar: 'XNYS',
  }),
  future('ES', 'E-mini S&P 500', { multiplier: '50', margin_per_lot: '16500' }),
  future('NQ', 'E-mini Nasdaq 100', { multiplier: '20', margin_per_lot: '24000' }),
  pair('AUDCAD', 'Australian dollar in Canadian dollars'),
  pair('EURUSD', 'Euro in US dollars'),
  coin('BTCUSDT', 'Bitcoin', '0.00001'),
  coin('ETHUSDT', 'Ether', '0.0001'),
  listed({
    symbol: 'BTCUSDT.P',
    name: 'Bitcoin perpetual',
    exchange: 'BINANCE',
    asset_class: 'FUTURE',
    currency: 'USDT',
    tick: '0.01',
    lot: '0.001',
    calendar: 'CRYPTO',
    margin_pct: '10',
    broker_symbols: { ccxt: 'BTC/USDT:USDT', tradingview: 'BINANCE:BTCUSDT.P' },
  }),
  listed({
    symbol: 'RELIANCE',
    name: 'Reliance Industries',
    exchange: 'NSE',
    asset_class: 'EQUITY',
    currency: 'INR',
    tick: '0.05',
    calendar: 'XNSE',
    margin_pct: '100',
    broker_symbols: { zerodha: 'NSE:RELIANCE', tradingview: 'NSE:RELIANCE' },
  }),
  listed({ symbol: 'SPX', name: 'S&P 500 index', exchange: 'CBOE', asset_class: 'INDEX', currency: 'USD', tick: '0.01', calendar: 'XNYS' }),
]
