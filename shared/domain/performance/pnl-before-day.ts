import { type Decimal, ZERO } from '../money/decimal.ts'

interface Held {
  currency: string
  realized_pnl: Decimal
  fees: Decimal
  /** Null where nothing is open, or it was never marked. */
  unrealized_pnl: Decimal | null
  /** Whether it was opened since the day began. */
  isNew: boolean
}

interface Booked {
  currency: string
  realized_pnl: Decimal
  commission: Decimal
}

type Amounts = Record<string, Decimal>

const add = (amounts: Amounts, currency: string, amount: Decimal): void => {
  amounts[currency] = (amounts[currency] ?? ZERO).plus(amount)
}

/** What was made in all, realized and unrealized less fees, by currency. */
export function pnlOf(held: readonly Held[]): Amounts {
  const amounts: Amounts = {}
  for (const { currency, realized_pnl, fees, unrealized_pnl } of held)
    add(amounts, currency, realized_pnl.minus(fees).plus(unrealized_pnl ?? ZERO))
  return amounts
}

/**
 * What was made before a day began, where nobody read it then: all of it, less what the day's fills realized and cost, and less what is
 * unrealized of positions that were opened since. What older positions gained or lost since midnight cannot be told, and counts as before.
 * @returns by currency of the instruments
 */
export function pnlBeforeDay(held: readonly Held[], since: readonly Booked[]): Amounts {
  const amounts = pnlOf(held)
  for (const { currency, realized_pnl, commission } of since) add(amounts, currency, commission.minus(realized_pnl))
  for (const { currency, unrealized_pnl } of held.filter(({ isNew }) => isNew)) add(amounts, currency, (unrealized_pnl ?? ZERO).neg())
  return amounts
}
