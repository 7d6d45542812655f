import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { Leg } from '../../shared/messages/signal.ts'
import { type FieldError, Problem } from '../../shared/runtime/problem.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentsBySymbol, quotesOf } from '../../shared/store/instruments.ts'
import type { StrategyConfiguration } from '../../shared/store/strategy-configurations.ts'
import type { LegInput } from './converters/standard.ts'

/**
 * Legs as the symbol table has them (SIG-1a), with the quote of now where the sender gave no price.
 * @throws Problem 422 UNKNOWN_INSTRUMENT where a leg is none of them, or more than one
 */
export async function standardizeLegs(store: Store, strategy: StrategyConfiguration, legs: LegInput[]): Promise<Leg[]> {
  const found = await Promise.all(legs.map(leg => candidates(store, strategy, leg)))
  const errors = found.flatMap((instruments, index) => unclear(instruments, { leg: legs[index], index }))
  if (errors.length > 0) {
    const detail = `The symbol table does not say which instrument this is: ${errors.map(({ message }) => message).join('; ')}.`
    throw new Problem({ status: 422, code: 'UNKNOWN_INSTRUMENT', detail, errors })
  }
  const instruments = found.flatMap(([instrument]) => (instrument ? [instrument] : []))
  const unpriced = legs.flatMap((leg, index) => (leg.price === null ? [instruments[index]?.instrument_id ?? ''] : []))
  const quotes = unpriced.length > 0 ? await quotesOf(store, unpriced) : new Map()
  return legs.flatMap((leg, index) => {
    const instrument = instruments[index]
    return instrument ? [standardLeg(leg, instrument, quotes.get(instrument.instrument_id) ?? null)] : []
  })
}

async function candidates(store: Store, { default_instrument }: StrategyConfiguration, leg: LegInput): Promise<InstrumentDocument[]> {
  const [prefix, rest] = leg.ticker.includes(':') ? leg.ticker.split(':', 2) : [null, leg.ticker]
  const exchange = leg.exchange ?? prefix
  const assetClass = leg.asset_class ?? (default_instrument?.ticker === rest ? default_instrument.asset_class : null)
  const named = (await instrumentsBySymbol(store, rest ?? '')).filter(
    instrument =>
      (assetClass === null || instrument.asset_class === assetClass) &&
      (leg.currency === null || instrument.currency === leg.currency) &&
      (leg.expiry === null || instrument.expiry === leg.expiry) &&
      (leg.right === null || instrument.right === leg.right) &&
      (leg.strike === null || instrument.strike?.eq(leg.strike) === true),
  )
  // Senders name venues in many ways (NASDAQ, BATS, SMART): an exchange picks among instruments, it does not exclude the only one.
  const there = named.filter(instrument => instrument.exchange === exchange)
  return there.length > 0 ? there : named
}

const unclear = (found: InstrumentDocument[], { leg, index }: { leg: LegInput | undefined; index: number }): FieldError[] => {
  if (found.length === 1) return []
  const path = `signal.${index}.ticker`
  if (found.length === 0) return [{ path, message: `${leg?.ticker} is not known` }]
  return [
    {
      path,
      message: `${leg?.ticker} could be ${found.map(({ instrument_id }) => instrument_id).join(' or ')}; send asset_class, expiry or exchange`,
    },
  ]
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
