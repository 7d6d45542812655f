import { z } from 'zod'
import { type Decimal, ONE } from '../domain/money/decimal.ts'
import { date, decimal } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

const fxRate = z.object({
  currency: z.string(),
  /** The currency that `rate` is in. */
  into: z.string(),
  /** Units of `into` for one of `currency`. */
  rate: decimal,
  /** YYYY-MM-DD, UTC. */
  day: z.string(),
  as_of: date,
  source: z.string(),
})

export const fxRates = collection('fx_rates', {
  schema: fxRate,
  indexes: [{ key: { into: 1, currency: 1, day: -1 }, unique: true }],
  retention: 'forever',
})

/** Latest rates into a currency, by currency; those asked for that have none are not in it. Uses (into, currency, day). */
export async function ratesInto(store: Store, into: string, currencies: Iterable<string>): Promise<Map<string, Decimal>> {
  const wanted = [...new Set(currencies)]
  const found = await Promise.all(
    wanted
      .filter(currency => currency !== into)
      .map(currency => fxRates.in(store).find({ into, currency }).sort({ day: -1 }).limit(1).next()),
  )
  const rates = new Map(found.flatMap(document => (document ? [fxRates.read(document)] : [])).map(({ currency, rate }) => [currency, rate]))
  return rates.set(into, ONE)
}
