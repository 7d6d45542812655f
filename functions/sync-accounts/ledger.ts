import { ledgerAfterReading } from '../../shared/domain/account/ledger-after-reading.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import type { Account, AccountHierarchy } from '../../shared/store/account-hierarchy.ts'
import { accountsOf } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { createLedger, emptyLedger, ledgerOf, replaceLedger } from '../../shared/store/margin-ledger.ts'
import { readSettings } from '../../shared/store/settings.ts'

/** Sets what is free from what the broker says (CER-4), and drops the filled reservations that this reading shows. */
export async function updateLedger(
  store: Store,
  fund: AccountHierarchy,
  { account, state }: { account: Account; state: AccountState },
): Promise<void> {
  const { trading_mode } = account
  const [settings, rates] = await Promise.all([
    readSettings(store),
    ratesInto(
      store,
      fund.base_currency,
      accountsOf(fund).map(each => each.account.currency),
    ),
  ])
  const currencies = new Map(accountsOf(fund).map(each => [each.account.account_id, each.account.currency]))
  for (;;) {
    const ledger = await ledgerOf(store, trading_mode)
    if (!ledger) {
      await createLedger(store, emptyLedger(store.fund_id, trading_mode))
      continue
    }
    const next = ledgerAfterReading(ledger, {
      account: { account_id: account.account_id, account_type: account.account_type },
      reading: { equity: state.equity, cash: state.cash_balance, margin_used: state.margin_used, as_of: state.timestamp },
      limit_pct: settings.margin_limit_pct,
      rateOf: account_id => rates.get(currencies.get(account_id) ?? '') ?? null,
    })
    if (!next || (await replaceLedger(store, next))) return
  }
}
