import { isExpiry, splitTicker, symbolForms } from '../../shared/domain/instrument-symbols.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { Leg } from '../../shared/messages/signal.ts'
import type { FieldError } from '../../shared/runtime/problem.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentsBySymbol, quotesOf } from '../../shared/store/instruments.ts'
import type { StrategyConfiguration } from '../../shared/store/strategy-configurations.ts'
import type { Converted } from './converters/formats.ts'
import type { LegInput } from './converters/standard.ts'
import { refuse } from './refuse.ts'

interface Asked {
  legs: LegInput[]
  now: Date
  pathOf: Converted['pathOf']
}

/**
 * Legs as the symbol table has them (SIG-1a), with the quote of now where the sender gave no price.
 * @throws Problem 422 UNKNOWN_INSTRUMENT where a leg is none of them, or more than one
 */
export async function standardizeLegs(store: Store, strategy: StrategyConfiguration, { legs, now, pathOf }: Asked): Promise<Leg[]> {
  const found = await Promise.all(
    legs.map(async leg => {
      const forms = symbolForms(leg, now.getUTCFullYear())
      return meant(await instrumentsBySymbol(store, forms), { leg, forms, strategy })
    }),
  )
  const errors = found.flatMap((instruments, index) => unclear(instruments, { leg: legs[index], path: pathOf('signal', index, 'ticker') }))
  if (errors.length > 0) {
    const detail = `The symbol table does not say which instrument this is: ${errors.map(({ message }) => message).join('; ')}.`
    throw refuse('UNKNOWN_INSTRUMENT', detail, errors)
  }
  const instruments = found.flatMap(([instrument]) => (instrument ? [instrument] : []))
  const unpriced = legs.flatMap((leg, index) => (leg.price === null ? [instruments[index]?.instrument_id ?? ''] : []))
  const quotes = unpriced.length > 0 ? await quotesOf(store, unpriced) : new Map()
  return legs.flatMap((leg, index) => {
    const instrument = instruments[index]
    return instrument ? [standardLeg(leg, instrument, quotes.get(instrument.instrument_id) ?? null)] : []
  })
}

interface Meaning {
  leg: LegInput
  /** The symbols that it may go by, the likeliest first. */
  forms: readonly string[]
  strategy: StrategyConfiguration
}

/** Of the instruments that go by a leg's symbol, those that nothing it says speaks against; among them those that most speaks for. */
function meant(named: readonly InstrumentDocument[], { leg, forms, strategy }: Meaning): InstrumentDocument[] {
  const split = splitTicker(leg.ticker)
  const exchange = leg.exchange ?? split.exchange
  const possible = named.filter(
    instrument =>
      (leg.asset_class === null || instrument.asset_class === leg.asset_class) &&
      (leg.currency === null || instrument.currency === leg.currency) &&
      (leg.expiry === null || isExpiry(instrument.expiry, leg.expiry)) &&
      (leg.right === null || instrument.right === leg.right) &&
      (leg.strike === null || instrument.strike?.eq(leg.strike) === true) &&
      (leg.multiplier === null || instrument.multiplier.eq(leg.multiplier)) &&
      !isElsewhere(instrument, exchange),
  )
  // Senders name venues in many ways (NASDAQ, BATS, SMART): an exchange picks among instruments, it does not exclude the only one.
  const preferences: ((instrument: InstrumentDocument) => boolean)[] = [
    ...forms.map(form => (instrument: InstrumentDocument) => instrument.symbol === form || instrument.continuous_of === form),
    instrument => exchange !== null && instrument.exchange === exchange,
    instrument => Object.values(instrument.broker_symbols).includes(`${exchange}:${split.symbol}`),
    instrument => instrument.asset_class === strategy.default_instrument?.asset_class,
    instrument => leg.expiry !== null || instrument.expiry === null || instrument.continuous_of === split.symbol,
  ]
  return preferences.reduce((left, speaksFor) => {
    const preferred = left.filter(speaksFor)
    return preferred.length > 0 ? preferred : left
  }, possible)
}

/** Exchanges whose listings are in one currency: a share of the same symbol in another currency is another company's. */
const currencyOf: Readonly<Record<string, string>> = {
  NSE: 'INR',
  BSE: 'INR',
  MCX: 'INR',
  NYSE: 'USD',
  NASDAQ: 'USD',
  AMEX: 'USD',
  TSX: 'CAD',
  ASX: 'AUD',
  HKEX: 'HKD',
  TSE: 'JPY',
  XETR: 'EUR',
}

const isElsewhere = ({ asset_class, currency }: InstrumentDocument, exchange: string | null): boolean => {
  const there = exchange === null ? undefined : currencyOf[exchange]
  return asset_class === 'EQUITY' && there !== undefined && there !== currency
}

const unclear = (found: InstrumentDocument[], { leg, path }: { leg: LegInput | undefined; path: string }): FieldError[] => {
  if (found.length === 1) return []
  if (found.length === 0) return [{ path, message: `${leg?.ticker} is not known` }]
  const ids = found.map(({ instrument_id }) => instrument_id).join(' or ')
  return [{ path, message: `${leg?.ticker} could be ${ids}; send asset_class, expiry or exchange` }]
}

interface Receipt {
  bid: Leg['limit_price'] & object
  ask: Leg['limit_price'] & object
  as_of: Date
}

const standardLeg = (input: LegInput, instrument: InstrumentDocument, quote: Receipt | null): Leg => {
  const { symbol, asset_class, exchange, currency, expiry, strike, right, multiplier } = instrument
  return {
    instrument_id: instrument.instrument_id,
    instrument: { symbol, asset_class, exchange, currency, expiry, strike, right, multiplier },
    quote_at_receipt: quote && { bid: quote.bid, ask: quote.ask, as_of: quote.as_of },
    signal_type: input.signal_type,
    action: input.action,
    requested_quantity: input.requested_quantity,
    order_type: input.order_type,
    price: input.price,
    limit_price: input.limit_price,
    stop_price: input.stop_price,
    stop_loss: input.stop_loss,
    take_profit: input.take_profit,
    trail_pct: input.trail_pct,
    time_in_force: input.time_in_force,
    expires_at: input.expires_at,
  }
}
