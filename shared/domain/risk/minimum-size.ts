import { type Check, deny, sized } from './check.ts'

/** Denies an entry whose capital buys less than one lot. */
export const minimumSize: Check = (proposed, { instrument, available_capital }) => {
  const lot = instrument?.lot.toString() ?? 'unknown'
  if (proposed.gt(0)) return sized(proposed, { quantity: proposed.toString(), lot })
  return deny('BELOW_MIN_SIZE', { available_capital: available_capital.toFixed(2), lot })
}
