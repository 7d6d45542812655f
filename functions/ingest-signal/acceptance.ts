import type { Store } from '../../shared/store/collection.ts'
import { openPositionsOf } from '../../shared/store/positions.ts'
import type { StrategyConfiguration } from '../../shared/store/strategy-configurations.ts'
import { hasWorkingOrder } from '../../shared/store/trading-orders.ts'
import { hasUndecidedSignal } from '../../shared/store/trading-signals.ts'
import type { Converted } from './converters/formats.ts'
import type { SignalInput } from './converters/standard.ts'
import { refuse } from './refuse.ts'

const FUTURE_TOLERANCE_MS = 60_000

interface Here {
  deployment: string
  now: Date
  pathOf: Converted['pathOf']
}

/** @throws Problem 422 where the sender's clock is ahead, 403 where the signal is for another deployment */
export function assertMeantForUs({ sent_at, environment }: SignalInput, { deployment, now, pathOf }: Here): void {
  if (sent_at && sent_at.getTime() > now.getTime() + FUTURE_TOLERANCE_MS) {
    const ahead_s = Math.round((sent_at.getTime() - now.getTime()) / 1000)
    const detail = `The signal says it was sent ${ahead_s} s from now; at most 60 s are allowed. Set the clock that stamps it.`
    throw refuse('SENT_IN_FUTURE', detail, [{ path: pathOf('signal_sent_EPOCH'), message: `${ahead_s} s in the future` }])
  }
  if (environment !== null && environment !== deployment) {
    const detail = `This deployment is ${deployment}; the signal is for ${environment.slice(0, 40)}. Post it to the other address, or correct "environment".`
    throw refuse('WRONG_ENVIRONMENT', detail, [{ path: pathOf('environment'), message: `must be ${deployment}` }])
  }
}

/** An INACTIVE strategy may still speak while it has something to exit. @throws Problem 403 STRATEGY_INACTIVE */
export async function assertMayTrade(store: Store, { strategy_id, status }: StrategyConfiguration): Promise<void> {
  if (status !== 'INACTIVE') return
  const [held, working, undecided] = await Promise.all([
    openPositionsOf(store, strategy_id),
    hasWorkingOrder(store, strategy_id),
    hasUndecidedSignal(store, strategy_id),
  ])
  if (held.length > 0 || working || undecided) return
  throw refuse('STRATEGY_INACTIVE', 'The strategy is INACTIVE and holds nothing, so there is nothing to do. Ask the fund to activate it.')
}
