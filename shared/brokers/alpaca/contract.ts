import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { AdapterDeps } from '../adapter.ts'

/** OCC: root, yymmdd, C or P, strike in thousandths with eight digits. */
const occ = /^[A-Z]{1,6}\d{6}[CP]\d{8}$/
/** Longest first, so that a dollar is not taken for the end of a tether. */
const quoteCurrencies = ['USDT', 'USDC', 'USDG', 'USD', 'BTC']

/** What Alpaca calls an instrument. */
export function symbolOf(instrument: InstrumentDocument): string {
  const { symbol, asset_class, broker_symbols } = instrument
  if (broker_symbols.alpaca) return broker_symbols.alpaca
  if (asset_class === 'CRYPTO') return pairOf(symbol)
  if (asset_class === 'OPTION' && !occ.test(symbol)) return occOf(instrument) ?? symbol
  return symbol
}

/** `BTCUSD` is `BTC/USD` in orders and market data. */
function pairOf(symbol: string): string {
  if (/[/]/.test(symbol)) return symbol
  const plain = symbol.replace('-', '')
  const quote = quoteCurrencies.find(currency => plain.endsWith(currency) && plain.length > currency.length)
  return quote ? `${plain.slice(0, -quote.length)}/${quote}` : symbol
}

function occOf({ symbol, expiry, strike, right }: InstrumentDocument): string | null {
  const root = /^[A-Z]+/.exec(symbol)?.[0]
  const day = expiry?.replaceAll('-', '').slice(2)
  if (!root || !day || !strike || !right) return null
  return `${root}${day}${right[0]}${strike.times(1000).toFixed(0).padStart(8, '0')}`
}

export interface NamedInstrument {
  instrument_id: string
  symbol: string
}

/** Our instrument of Alpaca's symbol; positions write a pair without its slash. Where it is none of ours, its id is `alpaca:symbol`. */
export async function instrumentOf(symbol: string, { instruments }: Pick<AdapterDeps, 'instruments'>): Promise<NamedInstrument> {
  const pair = pairOf(symbol)
  for (const name of new Set([symbol, pair, symbol.replace('/', '')])) {
    const found = await instruments.bySymbol('alpaca', name)
    // `USD` alone may be the end of a share's symbol: a pair is looked for last, and only a coin is one.
    if (found && (name === symbol || found.asset_class === 'CRYPTO')) return found
  }
  return { instrument_id: `alpaca:${symbol}`, symbol }
}
