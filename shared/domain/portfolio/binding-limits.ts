import type { Prepared } from './prepare.ts'
import { risks } from './risks.ts'
import { dot, portfolioReturns } from './scenarios.ts'

/** How near to its limit a figure is called binding, relative to it. */
const NEAR = 1e-6

const meets = (value: number, limit: number): boolean =>
  Number.isFinite(limit) && Math.abs(value - limit) <= NEAR * Math.max(Math.abs(limit), NEAR)

/** Names of the limits that weights rest on, as options name them; `cap:NAME` for one strategy's. */
export function bindingLimits({ rows, upper, riskLimits, percent, scenarios }: Prepared, weights: Float64Array): string[] {
  const returns = portfolioReturns(percent, weights)
  return [
    ...riskLimits.filter(({ risk, limit }) => meets(risks[risk].value(returns), limit)).map(({ name }) => name),
    ...rows
      .filter(({ coefficients, lower, upper: limit }) => [lower, limit].some(bound => meets(dot(coefficients, weights), bound)))
      .map(({ name }) => name),
    ...scenarios.names.filter((_, index) => meets(weights[index] as number, upper[index] as number)).map(name => `cap:${name}`),
  ]
}
