import type { DecisionState } from '../decision/state.ts'
import { type Decimal, ZERO } from '../money/decimal.ts'
import { valueInFund } from './value-in-fund.ts'

/**
 * Capital that a strategy already uses (CER-2b): Σ |quantity| × price × multiplier × fx ÷ notional_per_capital over its positions and
 * working entries.
 * @returns in the fund's currency, ≥ 0; null where a price or a rate is missing, since a guess would double capital
 */
export function deployedCapital(state: DecisionState): Decimal | null {
  const values = [
    ...state.positions.map(({ instrument_id, quantity }) => valueInFund(state, { instrument_id, quantity, price: null })),
    ...state.working.map(entry => valueInFund(state, entry)),
  ]
  let total = ZERO
  for (const value of values) {
    if (value === null) return null
    total = total.plus(value)
  }
  return total.div(state.strategy.notional_per_capital)
}
