import type { Decimal } from '../domain/money/decimal.ts'
import { readHierarchy } from './account-hierarchy.ts'
import type { Store } from './collection.ts'
import { ratesInto } from './fx-rates.ts'

/** Money in the fund's currency at the latest rate; null without one. */
export type ToFund = (money: Decimal, currency: string) => Decimal | null

export async function fundConverter(store: Store, currencies: Iterable<string>): Promise<ToFund> {
  const fund = await readHierarchy(store)
  const rates = fund ? await ratesInto(store, fund.base_currency, currencies) : new Map<string, Decimal>()
  return (money, currency) => {
    const rate = rates.get(currency)
    return rate ? money.times(rate) : null
  }
}
