import type { PortfolioInputs } from '../../../shared/store/portfolio-inputs.ts'
import type { OptimizationSettings } from '../../../shared/store/settings.ts'
import { type Figures, type Percents, totalOf } from './measure.ts'

export interface Breach {
  limit: string
  /** The strategy, where the limit is of one. */
  strategy_id: string | null
  value: number
  allowed: number
}

/** What rounding a percentage may add to a limit's figure. */
const TOLERANCE = 1e-7

/** Every hard limit that weights would pass, with the figures; all are fractions of equity (POR-13). */
export function breachesOf(
  percents: Percents,
  { limits, inputs, figures }: { limits: OptimizationSettings; inputs: PortfolioInputs['inputs']; figures: Figures | null },
): Breach[] {
  const margin = inputs.reduce(
    (total, { strategy_id, margin_per_unit }) => total + ((percents[strategy_id] ?? 0) / 100) * margin_per_unit,
    0,
  )
  const whole = (limit: string, value: number | null | undefined, allowed: number | null): Breach[] =>
    value == null || allowed === null ? [] : [{ limit, strategy_id: null, value, allowed }]
  const all = [
    ...Object.entries(percents).map(([strategy_id, percent]) => ({ limit: 'cap', strategy_id, value: percent / 100, allowed: limits.cap })),
    ...whole('budget', totalOf(percents) / 100, limits.budget),
    ...whole('margin_limit', margin, limits.margin_limit),
    ...whole('cvar_limit', figures?.cvar_95, limits.cvar_limit),
    ...whole('cdar_limit', figures?.cdar_95_uncompounded, limits.cdar_limit),
    ...whole('max_drawdown', figures?.max_drawdown_uncompounded, limits.max_drawdown),
  ]
  return all.filter(({ value, allowed }) => value > allowed + TOLERANCE)
}

/** A breach in words, in percent. */
export const breachSentence = ({ limit, strategy_id, value, allowed }: Breach): string => {
  const percent = (fraction: number) => `${Number((fraction * 100).toFixed(4))} %`
  return `${strategy_id === null ? '' : `${strategy_id}: `}${percent(value)} is over the ${limit} of ${percent(allowed)}`
}
