import { type Check, deny, sized } from './check.ts'

/** Denies an entry past its own expiry, or older than the strategy's limit. */
export const expired: Check = (proposed, { signal, leg, now, state }) => {
  if (leg.expires_at && leg.expires_at <= now) return deny('EXPIRED', { expires_at: leg.expires_at.toISOString(), now: now.toISOString() })
  const age_s = (now.getTime() - (signal.sent_at ?? signal.received_at).getTime()) / 1000
  const limit_s = state.strategy.max_signal_age
  if (age_s > limit_s) return deny('EXPIRED', { age_s: age_s.toFixed(1), limit_s: String(limit_s) })
  return sized(proposed, { age_s: age_s.toFixed(3), limit_s: String(limit_s) })
}
