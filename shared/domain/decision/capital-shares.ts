import { notional } from '../instrument.ts'
import type { Decimal } from '../money/decimal.ts'
import { ONE, sum } from '../money/decimal.ts'
import type { LegIntent } from './intent.ts'
import type { DecisionState } from './state.ts'
import { tradingPrice } from './trading-price.ts'

/** `of` parts out of `all`, kept apart so that nothing is lost by dividing. */
export interface Share {
  of: Decimal
  all: Decimal
}

/**
 * How entry legs share the strategy's capital: by the notional that the sender asks for, which keeps the ratio of a pair or a spread; in
 * equal parts where a leg has no quantity, price or rate.
 */
export function capitalShares(legs: readonly LegIntent[], state: DecisionState): Share[] {
  const asked = legs.map(leg => askedNotional(leg, state))
  const weights = asked.every(value => value !== null) ? asked : legs.map(() => ONE)
  const all = sum(weights)
  return weights.map(of => ({ of, all }))
}

function askedNotional(leg: LegIntent, state: DecisionState): Decimal | null {
  const instrument = state.instruments.get(leg.instrument_id)
  const price = tradingPrice(leg, state)
  const fx = instrument && state.rates.get(instrument.currency)
  if (!instrument || !price || !fx || !leg.requested_quantity) return null
  return notional(instrument, leg.requested_quantity, price).times(fx)
}
