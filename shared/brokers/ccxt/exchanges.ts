import type { Exchange } from 'ccxt'
import { sentence } from '../../domain/errors.ts'
import { BrokerError } from '../broker.ts'

type Constructor = new (settings: Record<string, unknown>) => Exchange

// The package offers all of its 100 exchanges or none (1.7 s, 150 MB): each is taken by its file, when it is used. One more is one line.
const exchanges: Record<string, () => Promise<{ default: unknown }>> = {
  binance: () => import('../../../node_modules/ccxt/js/src/binance.js'),
  binanceusdm: () => import('../../../node_modules/ccxt/js/src/binanceusdm.js'),
  bitstamp: () => import('../../../node_modules/ccxt/js/src/bitstamp.js'),
  coinbase: () => import('../../../node_modules/ccxt/js/src/coinbase.js'),
  kraken: () => import('../../../node_modules/ccxt/js/src/kraken.js'),
}

/** @throws BrokerError for an exchange that has no line here */
export async function exchangeClass(exchange: string): Promise<Constructor> {
  const load = Object.hasOwn(exchanges, exchange) ? exchanges[exchange] : undefined
  if (!load) throw new BrokerError(sentence('UNKNOWN_EXCHANGE', { exchange, known: Object.keys(exchanges).join(' ') }))
  return (await load()).default as Constructor
}
