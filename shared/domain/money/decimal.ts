import { Decimal } from 'decimal.js'

// 34 significant digits, as MongoDB's Decimal128 keeps; never in exponent form, so that text is the same everywhere.
Decimal.set({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -6200, toExpPos: 6200 })

export { Decimal }
export const ZERO = new Decimal(0)
export const ONE = new Decimal(1)
export const HUNDRED = new Decimal(100)

export const sum = (values: Iterable<Decimal>): Decimal => {
  let total = ZERO
  for (const value of values) total = total.plus(value)
  return total
}

/** Largest whole multiple of `step` not further from zero than `value`. */
export const floorToStep = (value: Decimal, step: Decimal): Decimal => value.div(step).trunc().times(step)
