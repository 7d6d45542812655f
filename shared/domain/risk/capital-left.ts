import { type Check, deny, sized } from './check.ts'

/** Denies an entry when the strategy's capital is already deployed. */
export const capitalLeft: Check = (proposed, { allocated_capital, deployed, available_capital }) => {
  const figures = { allocated_capital: allocated_capital.toFixed(2), deployed: deployed?.toFixed(2) ?? 'unknown' }
  return available_capital.gt(0) ? sized(proposed, figures) : deny('ALLOCATION_USED', figures)
}
