import type { Walk } from './path.ts'

/** By instrument: where its simulated price starts. */
export const walks: Readonly<Record<string, Walk>> = {
  'EQUITY:AAPL': { start: 232, volatility: 0.24 },
  'EQUITY:MSFT': { start: 418, volatility: 0.22 },
  'EQUITY:SPY': { start: 584, volatility: 0.15, like: 'INDEX:SPX' },
  'OPTION:AAPL301220C00250000': { start: 62, volatility: 0.6 },
  'FUTURE:ESZ2030': { start: 5_880, volatility: 0.15, like: 'INDEX:SPX' },
  'FUTURE:NQZ2030': { start: 20_900, volatility: 0.2 },
  'FOREX:AUDCAD': { start: 0.9012, volatility: 0.07 },
  'FOREX:EURUSD': { start: 1.0835, volatility: 0.07 },
  'CRYPTO:BTCUSDT': { start: 67_500, volatility: 0.5 },
  'CRYPTO:ETHUSDT': { start: 2_640, volatility: 0.6 },
  'FUTURE:BTCUSDT.P': { start: 67_520, volatility: 0.5, like: 'CRYPTO:BTCUSDT' },
  'EQUITY:RELIANCE': { start: 1_290, volatility: 0.22 },
  'INDEX:SPX': { start: 5_850, volatility: 0.15 },
}

/** USD for one unit of currencies that no instrument above quotes. */
export const rateWalks: Readonly<Record<string, Walk>> = {
  CAD: { start: 0.7262, volatility: 0.06 },
  GBP: { start: 1.2941, volatility: 0.08 },
  INR: { start: 0.0119, volatility: 0.03 },
  JPY: { start: 0.00665, volatility: 0.1 },
  USDT: { start: 0.9998, volatility: 0.001 },
}
