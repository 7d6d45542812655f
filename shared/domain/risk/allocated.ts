import { type Check, deny, sized } from './check.ts'

/** Denies a live entry without weight in the active allocation; paper without weight is sized at the test percentage. */
export const allocated: Check = (proposed, { state: { trading_mode, allocation }, allocation_pct }) => {
  const figures = { allocation_id: allocation.allocation_id ?? 'none', allocation_pct: allocation_pct.toString() }
  if (trading_mode === 'LIVE' && !allocation.percent?.gt(0)) return deny('NO_ALLOCATION', figures)
  return sized(proposed, figures)
}
