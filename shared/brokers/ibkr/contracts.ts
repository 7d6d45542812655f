import type { Contract, OptionType, SecType } from '@stoqey/ib'
import type { AssetClass } from '../../domain/instrument.ts'
import { Decimal, ONE } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { AdapterDeps } from '../adapter.ts'
import { onWire } from './exact.ts'

/** Names by which instruments are looked up: `broker_symbols.ibkr`. */
const VENUE = 'ibkr'

const secTypes: Partial<Record<AssetClass, `${SecType}`>> = {
  EQUITY: 'STK',
  OPTION: 'OPT',
  FUTURE: 'FUT',
  FOREX: 'CASH',
  CRYPTO: 'CRYPTO',
  INDEX: 'IND',
}

const OCC = /^([A-Z0-9.]{1,6}) *(\d{6})([CP])(\d{8})$/
const MONTHS = 'FGHJKMNQUVXZ'

const dateText = (expiry: string | null): string => expiry?.replaceAll('-', '') ?? ''

/** Classes of shares are told apart by a space there. */
const shareName = (symbol: string): string => symbol.replace('.', ' ')

type Named = Pick<InstrumentDocument, 'symbol' | 'currency' | 'broker_symbols'>

/** First and second of a pair: `EURUSD`, `EUR.USD`, `BTC/USD`. */
function pairOf({ symbol, currency, broker_symbols }: Named): [string, string] {
  const name = broker_symbols[VENUE] ?? symbol
  const [first, second] = name.split(/[./]/)
  if (first && second) return [first, second]
  return [name.endsWith(currency) ? name.slice(0, -currency.length) : name.slice(0, 3), currency]
}

function optionOf({ symbol, broker_symbols, expiry, strike, right, multiplier, currency }: InstrumentDocument): Contract {
  const [, root = symbol] = OCC.exec(broker_symbols[VENUE] ?? symbol) ?? []
  return {
    symbol: shareName(root),
    secType: 'OPT' as SecType,
    exchange: 'SMART',
    currency,
    lastTradeDateOrContractMonth: dateText(expiry),
    ...(strike && { strike: onWire(strike) }),
    right: (right === 'PUT' ? 'P' : 'C') as OptionType,
    multiplier: onWire(multiplier),
  }
}

function futureOf({ symbol, broker_symbols, exchange, expiry, multiplier, currency }: InstrumentDocument): Contract {
  const known = broker_symbols[VENUE]
  const placed = { secType: 'FUT' as SecType, exchange: exchange ?? 'CME', currency }
  if (known !== undefined) return { ...placed, localSymbol: known }
  const root = new RegExp(`^(.+?)[${MONTHS}]\\d{1,4}$`).exec(symbol)?.[1] ?? symbol
  return { ...placed, symbol: root, lastTradeDateOrContractMonth: dateText(expiry), multiplier: onWire(multiplier) }
}

/** The contract of an instrument, by fields that name it whoever asks. */
export function contractOf(instrument: InstrumentDocument): Contract {
  const { asset_class, symbol, broker_symbols, exchange, currency } = instrument
  switch (asset_class) {
    case 'OPTION':
      return optionOf(instrument)
    case 'FUTURE':
      return futureOf(instrument)
    case 'FOREX': {
      const [first, second] = pairOf(instrument)
      return { symbol: first, currency: second, secType: 'CASH' as SecType, exchange: 'IDEALPRO' }
    }
    case 'CRYPTO': {
      const [first, second] = pairOf(instrument)
      return { symbol: first, currency: second, secType: 'CRYPTO' as SecType, exchange: exchange === 'ZEROHASH' ? 'ZEROHASH' : 'PAXOS' }
    }
    case 'INDEX':
      return { symbol, currency, secType: 'IND' as SecType, exchange: exchange ?? 'CBOE' }
    default:
      return {
        symbol: shareName(broker_symbols[VENUE] ?? symbol),
        secType: 'STK' as SecType,
        exchange: 'SMART',
        currency,
        ...(exchange && exchange !== 'SMART' && { primaryExch: exchange }),
      }
  }
}

/** Names that an instrument of this contract may have with us, the likeliest first. */
function namesOf({ symbol = '', secType, localSymbol = '', currency = '', lastTradeDateOrContractMonth = '' }: Contract): string[] {
  const plain = localSymbol.replaceAll(' ', '')
  const year = lastTradeDateOrContractMonth.slice(0, 4)
  const names = [localSymbol, plain]
  if (secType === 'STK') names.push(symbol, symbol.replace(' ', '.'), localSymbol.replace(' ', '.'))
  if (secType === 'CASH' || secType === 'CRYPTO') names.push(`${symbol}.${currency}`, `${symbol}${currency}`, `${symbol}/${currency}`)
  // ESZ0 is ESZ2030 where the whole year is said.
  if (secType === 'FUT' && year) names.push(localSymbol.replace(/\d{1,2}$/, year))
  return [...new Set(names.filter(name => name !== ''))]
}

const isOf = (contract: Contract, { asset_class, currency, expiry }: InstrumentDocument): boolean =>
  secTypes[asset_class] === (contract.secType as string) &&
  (asset_class === 'CRYPTO' || currency === contract.currency) &&
  (expiry === null ||
    !contract.lastTradeDateOrContractMonth ||
    dateText(expiry).startsWith(contract.lastTradeDateOrContractMonth.slice(0, 6)))

/** What our tables say of a contract that the broker names. */
export interface KnownContract {
  instrument_id: string
  symbol: string
  multiplier: Decimal
  instrument: InstrumentDocument | null
}

/** Finds the instruments of contracts; remembers those that it found, and those that were given with an order. */
export function openContracts({ instruments }: Pick<AdapterDeps, 'instruments'>) {
  const byContract = new Map<number, InstrumentDocument>()
  return {
    remember: (con_id: number | undefined, instrument: InstrumentDocument): void => {
      if (con_id) byContract.set(con_id, instrument)
    },
    find: async (contract: Contract): Promise<KnownContract> => {
      const known = byContract.get(contract.conId ?? 0) ?? (await lookUp(instruments, contract))
      if (!known) {
        const symbol = contract.localSymbol || contract.symbol || String(contract.conId)
        const multiplier = Number(contract.multiplier) > 0 ? new Decimal(String(contract.multiplier)) : ONE
        return { instrument_id: `${VENUE}:${symbol}`, symbol, multiplier, instrument: null }
      }
      if (contract.conId) byContract.set(contract.conId, known)
      const { instrument_id, symbol, multiplier } = known
      return { instrument_id, symbol, multiplier, instrument: known }
    },
  }
}
export type Contracts = ReturnType<typeof openContracts>

async function lookUp(instruments: AdapterDeps['instruments'], contract: Contract): Promise<InstrumentDocument | null> {
  for (const name of namesOf(contract)) {
    const found = await instruments.bySymbol(VENUE, name)
    if (found && isOf(contract, found)) return found
  }
  return null
}
