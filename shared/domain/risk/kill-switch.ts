import { strictest } from '../decision/state.ts'
import { type Check, deny, sized } from './check.ts'

/** Denies an entry while the fund, the account or the strategy is REDUCING or HALTED. */
export const killSwitch: Check = (proposed, { state: { kill_switch } }) => {
  if (strictest(kill_switch) === 'ACTIVE') return sized(proposed, { ...kill_switch })
  return deny('KILL_SWITCH', { ...kill_switch })
}
