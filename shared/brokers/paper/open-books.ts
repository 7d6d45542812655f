import { Decimal } from '../../domain/money/decimal.ts'
import type { Store } from '../../store/collection.ts'
import { openPaperAccount } from '../../store/paper-book.ts'

const START_CASH = '1000000'

interface PaperPlan {
  broker_id: string
  connection: Readonly<Record<string, unknown>>
  accounts: readonly { account_id: string; account_type: string; currency: string }[]
}

/** Opens the books of a paper broker's accounts, each with the connection's `start_cash`; those that are open stay as they are. */
export async function openBooks(store: Store, { broker_id, connection, accounts }: PaperPlan): Promise<void> {
  const start_cash = new Decimal(String(connection.start_cash ?? START_CASH))
  for (const { account_id, account_type, currency } of accounts) {
    await openPaperAccount(store, { account_id, broker_id, account_type, currency, start_cash })
  }
}
