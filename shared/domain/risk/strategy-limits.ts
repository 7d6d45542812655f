import { notional } from '../instrument.ts'
import { Decimal, floorToStep, sum, ZERO } from '../money/decimal.ts'
import { type Candidate, type Check, deny, sized } from './check.ts'

/** Denies an entry once the strategy has lost its limit since midnight; cuts it to what is left under its limit for one instrument. USD. */
export const strategyLimits: Check = (proposed, candidate) => {
  const { risk_limits, day_pnl } = candidate.state.strategy
  const { max_daily_loss, max_position_size } = risk_limits
  const loss = max_daily_loss ? { day_pnl_usd: day_pnl?.toFixed(2) ?? 'unknown', max_daily_loss_usd: max_daily_loss.toString() } : {}
  if (max_daily_loss && (!day_pnl || day_pnl.neg().gte(max_daily_loss))) return deny('RISK_LIMIT', loss)
  // Without a price a later rule says so.
  if (!max_position_size || !candidate.price) return sized(proposed, loss)
  const room = roomFor(candidate, max_position_size)
  if (!room) return deny('FX_UNAVAILABLE', { currency: 'USD' })
  const figures = { ...loss, position_usd: room.held.toFixed(2), max_position_size_usd: max_position_size.toString() }
  return room.quantity.gt(0) ? sized(Decimal.min(proposed, room.quantity), figures) : deny('RISK_LIMIT', figures)
}

/** What the strategy holds and works on in the instrument, in USD, and how much more of it there may be; null without a rate. */
function roomFor({ state, leg, instrument, price, fx }: Candidate, limit: Decimal): { held: Decimal; quantity: Decimal } | null {
  const usd = state.rates.get('USD')
  if (!usd || !instrument || !price || !fx) return null
  const inUsd = (quantity: Decimal, at: Decimal) => notional(instrument, quantity, at).times(fx).div(usd)
  const same = <T extends { instrument_id: string }>(all: readonly T[]) => all.filter(each => each.instrument_id === leg.instrument_id)
  const held = sum([
    ...same(state.positions).map(({ quantity }) => inUsd(quantity, price)),
    ...same(state.working).map(entry => inUsd(entry.quantity, entry.price)),
  ])
  const left = Decimal.max(ZERO, limit.minus(held))
  return { held, quantity: floorToStep(left.div(inUsd(instrument.lot, price)).times(instrument.lot), instrument.lot) }
}
