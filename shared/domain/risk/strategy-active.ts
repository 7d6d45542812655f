import { type Check, deny, sized } from './check.ts'

/** Denies an entry of a strategy that is neither ACTIVE nor TESTING. */
export const strategyActive: Check = (proposed, { state: { strategy } }) =>
  strategy.status === 'INACTIVE' ? deny('STRATEGY_INACTIVE', { status: strategy.status }) : sized(proposed, { status: strategy.status })
