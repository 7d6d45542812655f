import type { Store } from '../../../shared/store/collection.ts'
import { fxRates } from '../../../shared/store/fx-rates.ts'
import { quotes } from '../../../shared/store/instruments.ts'
import { ratesOf } from './rates.ts'
import type { Market } from './simulation.ts'

const SOURCE = 'market'

/** Writes the quotes of a moment. */
export async function writeQuotes(store: Store, market: Market, at: Date): Promise<void> {
  const writes = market.ids.flatMap(id => {
    const quote = market.quote(id, at)
    if (!quote) return []
    const { instrument_id, bid, ask, last, as_of } = quote
    return [{ updateOne: { filter: { instrument_id }, update: { $set: { bid, ask, last, as_of, source: SOURCE } }, upsert: true } }]
  })
  await quotes.in(store).bulkWrite(writes, { ordered: false })
}

/** Writes the rates into USD of a UTC day. */
export async function writeRates(store: Store, { seed, day, at }: { seed: string; day: string; at: Date }): Promise<void> {
  const writes = ratesOf(seed, day).map(({ currency, rate }) => ({
    updateOne: { filter: { into: 'USD', currency, day }, update: { $set: { rate, as_of: at, source: SOURCE } }, upsert: true },
  }))
  await fxRates.in(store).bulkWrite(writes, { ordered: false })
}
