import { type Check, deny, sized } from './check.ts'

/** Denies an entry where there is no account, or none that was ever read from its broker: there is no equity to size by. */
export const accountKnown: Check = (proposed, { state: { account, fund } }) => {
  if (account?.pool && fund.pool) return sized(proposed, { account_id: account.account_id, equity: account.pool.equity.toString() })
  return deny('NO_ACCOUNT_STATE', { account_id: account?.account_id ?? 'none' })
}
