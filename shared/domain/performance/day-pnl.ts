import { type Decimal, ZERO } from '../money/decimal.ts'

/** Amounts by currency. */
type Amounts = Readonly<Record<string, Decimal>>

export interface DayQuestion {
  /** The day that it is, YYYY-MM-DD in the fund's zone. */
  today: string
  /** What was made in all at the last reading, and before that reading's day; null before the first reading. */
  reading: { day: string; before_day: Amounts; pnl: Amounts } | null
  /** What prices did to what is held since that reading, by currency. */
  since: readonly { currency: string; amount: Decimal }[]
  /** Fund currency for one unit of a currency. */
  rates: ReadonlyMap<string, Decimal>
}

/**
 * What was made since the fund's midnight, realized and unrealized less fees, at the rates of now.
 * @returns in the fund's currency, negative for a loss; null where a rate is missing
 */
export function dayPnl({ today, reading, since, rates }: DayQuestion): Decimal | null {
  const changes = [...since]
  if (reading?.day === today) {
    for (const [currency, amount] of Object.entries(reading.pnl)) {
      changes.push({ currency, amount: amount.minus(reading.before_day[currency] ?? ZERO) })
    }
  }
  let total = ZERO
  for (const { currency, amount } of changes) {
    if (amount.isZero()) continue
    const rate = rates.get(currency)
    if (!rate) return null
    total = total.plus(amount.times(rate))
  }
  return total
}
