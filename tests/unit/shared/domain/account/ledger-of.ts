import { Decimal, ZERO } from '../../../../../shared/domain/money/decimal.ts'

export const money = (amount: string | number) => new Decimal(amount)
export const minute = (minutes: number) => new Date(Date.UTC(2026, 2, 2, 15, minutes))

export interface Reserved {
  order_id: string
  account_id: string
  state: 'live' | 'filled_unsynced'
  amount: Decimal
  amount_fund: Decimal
  cash: Decimal
  quantity: Decimal
  at: Date
}

export const reserved = (order_id: string, changes: Partial<Reserved> = {}): Reserved => ({
  order_id,
  account_id: 'A1',
  state: 'live',
  amount: money(1000),
  amount_fund: money(1000),
  cash: ZERO,
  quantity: money(100),
  at: minute(0),
  ...changes,
})

export const pool = (free: string | number, changes: { cash?: Decimal; equity?: Decimal; margin_used?: Decimal; as_of?: Date } = {}) => ({
  free: money(free),
  cash: ZERO,
  equity: money(100_000),
  margin_used: ZERO,
  as_of: minute(0),
  ...changes,
})

export interface LedgerShape {
  fund: { free: Decimal; equity: Decimal; margin_used: Decimal }
  accounts: Record<string, ReturnType<typeof pool>>
  reservations: Reserved[]
}

/** A1 with 100,000 of equity, of which 40,000 less what is reserved is free. */
export const ledgerOf = (...reservations: Reserved[]): LedgerShape => {
  const taken = reservations.reduce((total, { amount }) => total.plus(amount), ZERO)
  const free = money(40_000).minus(taken)
  return { fund: { free, equity: money(100_000), margin_used: ZERO }, accounts: { A1: pool(free.toString()) }, reservations }
}

export const shown = ({ fund, accounts, reservations }: Pick<LedgerShape, 'fund' | 'accounts' | 'reservations'>) => ({
  fund_free: fund.free.toString(),
  free: Object.fromEntries(Object.entries(accounts).map(([id, { free }]) => [id, free.toString()])),
  reservations: reservations.map(({ order_id, state, amount, quantity }) => `${order_id} ${state} ${amount} for ${quantity}`),
})
