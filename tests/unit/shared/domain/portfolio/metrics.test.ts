import { describe, expect, test } from 'vitest'
import { type Metrics, metricsOf } from '../../../../../shared/domain/portfolio/metrics.ts'

const returns = [
  0.012, -0.008, 0.003, 0, -0.021, 0.015, 0.007, -0.004, 0.009, -0.013, 0.002, 0.018, -0.006, 0.001, -0.03, 0.022, 0.005, -0.002, 0.011,
  -0.009, 0.004, 0.016, -0.012, 0.008,
]

// By NumPy 2.4 and SciPy.
const expected: Partial<Metrics> = {
  mean_daily: 0.0011666666666666663,
  volatility_annual: 0.19930138855075966,
  variance_daily: 0.00015762318840579709,
  sharpe: 1.4751527931533788,
  sortino: 2.10659342281718,
  cagr: 0.316196578357931,
  calmar: 9.071557586593263,
  total_return: 0.02651164779997295,
  var_95: 0.021,
  cvar_95: 0.0285,
  cvar_99: 0.03,
  worst_loss: 0.03,
  mad: 0.00973611111111111,
  semi_deviation: 0.009586310186676054,
  max_drawdown: 0.034855820000000204,
  max_drawdown_uncompounded: 0.035,
  average_drawdown: 0.00837648673035774,
  average_drawdown_uncompounded: 0.00825,
  cdar_95: 0.03336626600000018,
  cdar_95_uncompounded: 0.0335,
  ulcer: 0.011568832386177669,
  ulcer_uncompounded: 0.011485498102680035,
  win_rate: 0.5833333333333334,
  skew: -0.5750557026865145,
  kurtosis: 0.032597730462800456,
}

describe('the figures of a series of returns', () => {
  const found = metricsOf(returns)

  test.each(Object.entries(expected) as [keyof Metrics, number][])('%s is what NumPy finds', (name, value) => {
    expect(Math.abs((found[name] ?? Number.NaN) - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)))
  })

  test('are null where the days cannot tell', () => {
    const flat = metricsOf([0.001, 0.001, 0.001])
    expect([flat.sharpe, flat.sortino, flat.calmar, flat.skew, flat.kurtosis]).toEqual([null, null, null, null, null])
  })

  test('know no way back from ruin', () => {
    const ruined = metricsOf([0.1, -1.2, 0.5])
    expect(ruined).toMatchObject({ cagr: -1, max_drawdown: 1, total_return: -1 })
  })
})
