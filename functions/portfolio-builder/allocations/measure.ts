import { metricsOf } from '../../../shared/domain/portfolio/metrics.ts'
import { commonDates, portfolioReturns, type Scenarios } from '../../../shared/domain/portfolio/scenarios.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { type PortfolioInputs, readPortfolioInputs } from '../../../shared/store/portfolio-inputs.ts'

/** Percent of equity by strategy. */
export type Percents = Readonly<Record<string, number>>
export type Figures = Record<string, number | null>

/** The history by which weights are judged: that of every strategy that has a weight in any of these allocations. */
export function historyOf(store: Store, allocations: readonly Percents[]): Promise<PortfolioInputs> {
  const weighted = allocations.flatMap(percents => Object.entries(percents).flatMap(([id, percent]) => (percent > 0 ? [id] : [])))
  return readPortfolioInputs(store, [...new Set(weighted)])
}

/** Every measure of POR-9 of these weights over the common days; null where there are none. */
export function measured(scenarios: Scenarios, percents: Percents): Figures | null {
  const common = commonDates(scenarios)
  if (common.dates.length < 2) return null
  const weights = common.names.map(name => (percents[name] ?? 0) / 100)
  const figures = Object.entries(metricsOf(portfolioReturns(common.columns, weights)))
  return Object.fromEntries(figures.map(([name, value]) => [name, value !== null && Number.isFinite(value) ? value : null]))
}

export const totalOf = (percents: Percents): number => Object.values(percents).reduce((total, percent) => total + percent, 0)

/** What an allocation tells of itself (POR-12). */
export const allocationMetrics = (percents: Percents, figures: Figures | null): Figures => ({
  expected_sharpe: figures?.sharpe ?? null,
  volatility: figures?.volatility_annual ?? null,
  cvar_95: figures?.cvar_95 ?? null,
  total_allocation_pct: totalOf(percents),
  leverage_ratio: totalOf(percents) / 100,
})
