import { type Check, deny, sized } from './check.ts'

/** Denies an entry when the strategy's capital is already deployed. Where that cannot be told, later rules say why. */
export const capitalLeft: Check = (proposed, { state: { account, fund, rates }, allocated_capital, deployed, available_capital }) => {
  const figures = { allocated_capital: allocated_capital.toFixed(2), deployed: deployed?.toFixed(2) ?? 'unknown' }
  const known = deployed !== null && account?.pool && fund.pool && rates.has(account.currency)
  return available_capital.gt(0) || !known ? sized(proposed, figures) : deny('ALLOCATION_USED', figures)
}
