import type { Decimal } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import type { BrokerExecution, OrderId, PlaceRequest } from '../broker.ts'
import type { Session } from './session.ts'

/** One account at its exchange, with what was seen of it. What is forgotten is asked for again. */
export interface Account {
  account_id: string
  currency: string
  session: Session
  now: () => Date
  names: AdapterDeps['instruments']
  /** Markets that it is seen to use. */
  symbols: Set<string>
  /** In which market an order of a client id is. */
  symbolOf: Map<string, string>
  /** Whose order an order of the exchange is. */
  clientIdOf: Map<string, string | null>
  /** Our instruments by the exchange's markets, as they were traded here. */
  instrumentOf: Map<string, InstrumentDocument>
  /** Executions as last read, and what the account held then: while that stands, nothing was traded. */
  traded: { holding: string; since: Date; executions: BrokerExecution[] } | null
  /** What each holding cost, by its market and quantity. */
  costs: Map<string, { quantity: string; avg_price: Decimal }>
}

const MOST_REMEMBERED = 20_000

export const newAccount = (
  session: Session,
  { account_id, currency }: BrokerToOpen['accounts'][number],
  { now, instruments }: Pick<AdapterDeps, 'now' | 'instruments'>,
): Account => ({
  account_id,
  currency,
  session,
  now,
  names: instruments,
  symbols: new Set(session.connection.symbols),
  symbolOf: new Map(),
  clientIdOf: new Map(),
  instrumentOf: new Map(),
  traded: null,
  costs: new Map(),
})

/** Remembers where an order is and whose. */
export function remember(account: Account, seen: { symbol: string; client_order_id: string | null; broker_order_id: string }): void {
  const { symbolOf, clientIdOf, symbols } = account
  if (symbolOf.size > MOST_REMEMBERED) symbolOf.clear()
  if (clientIdOf.size > MOST_REMEMBERED) clientIdOf.clear()
  symbols.add(seen.symbol)
  clientIdOf.set(seen.broker_order_id, seen.client_order_id)
  if (seen.client_order_id !== null) symbolOf.set(seen.client_order_id, seen.symbol)
}

/** ccxt's own name of a market, such as `BTC/USDT` or `BTC/USDT:USDT`, as the instrument table has it. */
const unifiedName = ({ broker_symbols }: InstrumentDocument): string | undefined => broker_symbols.ccxt

/** `BTC/USDT`, `BTC/USDT:USDT` → `BTCUSDT`; `BTC/USDT:USDT-260327` → `BTCUSDT_260327`. */
const marketOfUnified = (unified: string): string => {
  const [pair = '', settled] = unified.split(':')
  const expiry = settled?.split('-')[1]
  return `${pair.replace('/', '')}${expiry === undefined ? '' : `_${expiry}`}`
}

const dated = ({ expiry }: InstrumentDocument): string => (expiry === null ? '' : `_${expiry.slice(2).replaceAll('-', '')}`)

/** The market in which an instrument trades, as Binance writes it. */
export function marketOf(exchange: string, instrument: InstrumentDocument): string {
  const own = instrument.broker_symbols[exchange]
  if (own !== undefined) return own
  const unified = unifiedName(instrument)
  if (unified !== undefined) return marketOfUnified(unified)
  const plain = instrument.symbol.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '')
  return instrument.asset_class === 'FUTURE' && !plain.includes('_') ? `${plain}${dated(instrument)}` : plain
}

const quoteCoins = ['USDT', 'USDC', 'FDUSD', 'TUSD', 'BUSD', 'USD', 'EUR', 'TRY', 'BRL', 'JPY', 'BTC', 'ETH', 'BNB']

/** Names that ccxt may have for one of Binance's markets. */
export function unifiedNames(market: string, contract: boolean): string[] {
  const [pair = '', expiry] = market.split('_')
  return quoteCoins
    .filter(quote => pair.length > quote.length && pair.endsWith(quote))
    .map(quote => {
      const spot = `${pair.slice(0, -quote.length)}/${quote}`
      return contract ? `${spot}:${quote}${expiry === undefined ? '' : `-${expiry}`}` : spot
    })
}

/** Our instrument of a market; where it is none of ours, `ccxt:` and the exchange's name. */
export async function instrumentOf(
  account: Account,
  market: string,
  contract: boolean,
): Promise<{ instrument_id: string; symbol: string }> {
  const known = account.instrumentOf.get(market)
  if (known) return known
  const { exchange } = account.session.connection
  const names = [[exchange, market] as const, ...unifiedNames(market, contract).map(unified => ['ccxt', unified] as const)]
  let byOwnSymbol: InstrumentDocument | null = null
  for (const [venue, name] of names) {
    const found = await account.names.bySymbol(venue, name)
    byOwnSymbol ??= found
    // A coin and a contract on it may have one symbol: what a venue is told to call them tells them apart.
    if (found?.broker_symbols[venue] === name) return matched(account, market, found)
  }
  if (byOwnSymbol) return matched(account, market, byOwnSymbol)
  return { instrument_id: `ccxt:${market}`, symbol: market }
}

function matched({ instrumentOf: known }: Account, market: string, instrument: InstrumentDocument): InstrumentDocument {
  known.set(market, instrument)
  return instrument
}

/** In which markets an order may be, likeliest first; only one where that is certain. */
export async function marketsOf(account: Account, id: OrderId): Promise<string[]> {
  const remembered = account.symbolOf.get(id.client_order_id)
  if (remembered !== undefined) return [remembered]
  const [told] = id.broker_order_id?.split(':') ?? []
  if (told !== undefined && id.broker_order_id?.includes(':')) return [told]
  const asked = (id as Partial<Pick<PlaceRequest, 'instrument'>>).instrument
  const instrument_id = id.instrument_id ?? asked?.instrument_id
  const instrument = instrument_id === undefined ? null : await account.names.byId(instrument_id)
  if (instrument) return [marketOf(account.session.connection.exchange, instrument)]
  return [...account.symbols]
}
