import { strictest } from '../decision/state.ts'
import { type Check, deny, sized } from './check.ts'

/** Denies an entry into an instrument that is frozen, and every entry while the fund, the account or the strategy is REDUCING or HALTED. */
export const killSwitch: Check = (proposed, { leg: { instrument_id }, state: { kill_switch, frozen } }) => {
  if (frozen?.has(instrument_id)) return deny('KILL_SWITCH', { instrument: 'FROZEN', instrument_id })
  if (strictest(kill_switch) === 'ACTIVE') return sized(proposed, { ...kill_switch })
  return deny('KILL_SWITCH', { ...kill_switch })
}
