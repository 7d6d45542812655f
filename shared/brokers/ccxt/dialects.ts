import { binanceSpot } from './binance/spot.ts'
import { binanceUsdm } from './binance/usdm.ts'
import type { Connection } from './connection.ts'
import type { Dialect } from './dialect.ts'
import { unified } from './unified.ts'

const own: Record<string, Dialect> = { binance: binanceSpot, binanceusdm: binanceUsdm }

/** Exchanges whose endpoints are known here; all others are spoken to in ccxt's common words. */
export const dialectOf = ({ exchange }: Connection): Dialect => (Object.hasOwn(own, exchange) ? (own[exchange] ?? unified) : unified)
