import { z } from 'zod'
import { type Decimal, ONE } from '../domain/money/decimal.ts'
import { date, decimal } from '../messages/codecs.ts'
import { cached } from './cached.ts'
import { collection, type Store } from './collection.ts'
import { readOne } from './query.ts'

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

export interface DatedRate {
  rate: Decimal
  /** YYYY-MM-DD. */
  day: string
}

const latestRate = cached(async (store, pair): Promise<DatedRate | null> => {
  const [currency = '', into = ''] = pair.split('/')
  const found = await readOne(store, { in: fxRates, filter: { into, currency }, sort: { day: -1 }, limit: 1 })
  return found && { rate: found.rate, day: found.day }
})

/** Latest rates into a currency with their days, by currency, at most a second old; those that have none are not in it. */
export async function datedRatesInto(store: Store, into: string, currencies: Iterable<string>): Promise<Map<string, DatedRate>> {
  const wanted = [...new Set(currencies)].filter(currency => currency !== into)
  const found = await Promise.all(wanted.map(async currency => [currency, await latestRate(store, `${currency}/${into}`)] as const))
  return new Map(found.flatMap(([currency, rate]) => (rate ? [[currency, rate] as const] : [])))
}

/** As above without the days, and with the currency itself. Uses (into, currency, day). */
export async function ratesInto(store: Store, into: string, currencies: Iterable<string>): Promise<Map<string, Decimal>> {
  const dated = await datedRatesInto(store, into, currencies)
  return new Map([...[...dated].map(([currency, { rate }]) => [currency, rate] as const), [into, ONE]])
}
