import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { pathPrice, type Walk } from './path.ts'
import { rateWalks, walks } from './walks.ts'

export interface DailyRate {
  currency: string
  /** USD for one unit. */
  rate: Decimal
}

/** The rates of a UTC day: those of its first moment, in line with the currency pairs that are quoted. */
export function ratesOf(seed: string, day: string): DailyRate[] {
  const atMs = Date.parse(`${day}T00:00:00Z`)
  const at = (name: string, walk: Walk | undefined) => (walk ? pathPrice({ seed, name, walk, atMs }) : 1)
  const own = Object.entries(rateWalks).map(([currency, walk]) => [currency, at(`RATE:${currency}`, walk)] as const)
  const cad = own.find(([currency]) => currency === 'CAD')?.[1] ?? 1
  const pairs = [
    ['AUD', at('FOREX:AUDCAD', walks['FOREX:AUDCAD']) * cad],
    ['EUR', at('FOREX:EURUSD', walks['FOREX:EURUSD'])],
  ] as const
  return [...own, ...pairs].map(([currency, rate]) => ({ currency, rate: new Decimal(rate.toPrecision(6)) }))
}
