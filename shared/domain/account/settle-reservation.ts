import { Decimal, ZERO } from '../money/decimal.ts'

interface Held {
  order_id: string
  account_id: string
  state: 'live' | 'filled_unsynced'
  amount: Decimal
  amount_fund: Decimal
  cash: Decimal
  quantity: Decimal
  at: Date
}

interface Pools<R extends Held> {
  fund: { free: Decimal }
  accounts: Record<string, { free: Decimal; cash: Decimal }>
  reservations: R[]
}

export interface Progress {
  order_id: string
  /** What the order was for, what filled of it so far, in units. */
  quantity: Decimal
  filled: Decimal
  /** Whether it can fill no more. */
  ended: boolean
  at: Date
}

/**
 * A ledger after an entry order's progress: the part that filled since is `filled_unsynced`, the rest of an ended order is free.
 * @returns null where nothing changes, because it was told before or the order holds nothing
 */
export function settle<R extends Held, L extends Pools<R>>(
  ledger: L & Pools<R>,
  { order_id, quantity, filled, ended, at }: Progress,
): (L & Pools<R>) | null {
  const live = ledger.reservations.find(held => held.order_id === order_id && held.state === 'live')
  const account = live && ledger.accounts[live.account_id]
  if (!live || !account) return null
  const filledBefore = quantity.minus(live.quantity)
  const justFilled = Decimal.max(ZERO, Decimal.min(live.quantity, filled.minus(filledBefore)))
  if (justFilled.isZero() && !ended) return null
  const rest = live.quantity.minus(justFilled)
  const [filledPart, restPart] = split(live, justFilled)
  const keepsRest = !ended && rest.gt(0)
  const others = ledger.reservations.filter(held => held !== live)
  const released = ended ? restPart : { ...restPart, amount: ZERO, amount_fund: ZERO, cash: ZERO }
  return {
    ...ledger,
    fund: { ...ledger.fund, free: ledger.fund.free.plus(released.amount_fund) },
    accounts: {
      ...ledger.accounts,
      [live.account_id]: { ...account, free: account.free.plus(released.amount), cash: account.cash.plus(released.cash) },
    },
    reservations: [
      ...others,
      ...(justFilled.gt(0) ? [{ ...filledPart, state: 'filled_unsynced' as const, at }] : []),
      ...(keepsRest ? [restPart] : []),
    ],
  }
}

/** A share is rounded here, so that the two parts stay within 34 digits and their sum exact. */
const SHARE_DECIMALS = 16

/** One reservation in two that add up to it exactly: what a quantity of it stands for, and the rest. */
function split<R extends Held>(held: R, quantity: Decimal): [R, R] {
  const share = (money: Decimal) =>
    quantity.eq(held.quantity) ? money : money.times(quantity).div(held.quantity).toDecimalPlaces(SHARE_DECIMALS, Decimal.ROUND_DOWN)
  const part = { amount: share(held.amount), amount_fund: share(held.amount_fund), cash: share(held.cash) }
  return [
    { ...held, ...part, quantity },
    {
      ...held,
      amount: held.amount.minus(part.amount),
      amount_fund: held.amount_fund.minus(part.amount_fund),
      cash: held.cash.minus(part.cash),
      quantity: held.quantity.minus(quantity),
    },
  ]
}
