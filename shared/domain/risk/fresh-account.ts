import { type Check, deny, sized } from './check.ts'

/** Denies an entry where the account has no state, or one that is too old to size by, after a newer one was asked for (CER-1). */
export const freshAccount: Check = (proposed, { state: { account, fund, limits, sync }, now }) => {
  if (!account) return deny('STALE_ACCOUNT_STATE', { account_id: 'none in this mode' })
  const { account_id, pool, as_of } = account
  const age_s = as_of && (now.getTime() - as_of.getTime()) / 1000
  const figures = { account_id, age_s: age_s?.toFixed(1) ?? 'never read', limit_s: String(limits.max_state_age) }
  const waited: Record<string, string> = sync?.waited_s == null ? {} : { waited_s: sync.waited_s.toFixed(1) }
  if (pool && fund.pool && age_s !== null && age_s <= limits.max_state_age) {
    return sized(proposed, {
      ...figures,
      equity: pool.equity.toString(),
      ...(sync ? { sync: 'sync requested, waited, read', ...waited } : {}),
    })
  }
  const done = !sync ? 'denied' : sync.waited_s === null ? 'sync requested, denied' : 'sync requested, waited, denied'
  return deny('STALE_ACCOUNT_STATE', { ...figures, sync: done, ...waited })
}
