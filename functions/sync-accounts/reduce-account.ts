import { marginUse } from '../../shared/domain/account/deleverage.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import type { Alert } from '../../shared/messages/alert.ts'
import { audited } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { readSettings, reduceAccount } from '../../shared/store/settings.ts'

/** Lets an account take exits only once the market has moved its margin to the limit (CER-4a); whether it did. A person sets it back. */
export async function reduceOverLimit(store: Store, { account_id, equity, margin_used, timestamp }: AccountState): Promise<boolean> {
  const { margin_limit_pct, kill_switch } = await readSettings(store)
  const used_pct = marginUse({ equity, margin_used })
  if (used_pct.lt(margin_limit_pct) || (kill_switch.accounts[account_id] ?? 'ACTIVE') !== 'ACTIVE') return false
  const figures = `margin ${margin_used.toFixed(2)} is ${used_pct.toFixed(2)} % of equity ${equity.toFixed(2)}, limit ${margin_limit_pct} %`
  const alert: Alert = {
    severity: 'CRITICAL',
    key: `margin.${account_id}`,
    title: `Account ${account_id} takes exits only`,
    detail: `After its marks, ${figures}. Reduce positions or add capital, then set the account back to ACTIVE.`,
    signal_id: null,
    order_id: null,
    at: timestamp,
  }
  return audited(store, async within => {
    const result = await reduceAccount(store, { account_id, alert, within })
    const line = { writer: 'sync-accounts', who: 'sync-accounts', from: null, what: `kill_switch.accounts.${account_id}`, at: timestamp }
    return { result, line: result ? { ...line, before: 'ACTIVE', after: 'REDUCING', reason: figures } : null }
  })
}
