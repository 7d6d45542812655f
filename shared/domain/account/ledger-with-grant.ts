import { type Decimal, sum } from '../money/decimal.ts'

interface Reserved {
  account_id: string
  /** Account currency. */
  amount: Decimal
  cash: Decimal
  /** Fund currency. */
  amount_fund: Decimal
}

interface Ledger<R> {
  grants: number
  fund: { free: Decimal }
  accounts: Record<string, { free: Decimal; cash: Decimal }>
  reservations: R[]
}

/** A ledger after one more grant: what its reservations take is free no more, and they stand among the others. */
export function ledgerWithGrant<R extends Reserved, L extends Ledger<R>>(ledger: L & Ledger<R>, reserved: readonly R[]): L & Ledger<R> {
  const accounts = { ...ledger.accounts }
  for (const { account_id, amount, cash } of reserved) {
    const pool = accounts[account_id]
    if (pool) accounts[account_id] = { ...pool, free: pool.free.minus(amount), cash: pool.cash.minus(cash) }
  }
  return {
    ...ledger,
    grants: ledger.grants + 1,
    fund: { ...ledger.fund, free: ledger.fund.free.minus(sum(reserved.map(({ amount_fund }) => amount_fund))) },
    accounts,
    reservations: [...ledger.reservations, ...reserved],
  }
}
