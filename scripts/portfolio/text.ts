import type { AccountSizes } from '../../shared/domain/portfolio/account-sizes.ts'
import { wealth } from '../../shared/domain/portfolio/measures/wealth.ts'
import { portfolioReturns, type Scenarios } from '../../shared/domain/portfolio/scenarios.ts'
import type { PortfolioAnswer } from '../../shared/domain/portfolio/solve.ts'

const WIDTH = 60
const HEIGHT = 10
const BAR = 30

const percent = (value: number | null, digits = 2): string => (value === null ? '–' : `${(value * 100).toFixed(digits)} %`)
const ratio = (value: number | null): string => (value === null ? '–' : value.toFixed(3))

/** Names and figures of the table, in the order shown. */
const figures: [label: string, key: keyof NonNullable<PortfolioAnswer['metrics']>, show: (value: number | null) => string][] = [
  ['mean return a day', 'mean_daily', value => percent(value, 4)],
  ['volatility a year', 'volatility_annual', percent],
  ['CAGR', 'cagr', percent],
  ['Sharpe', 'sharpe', ratio],
  ['Sortino', 'sortino', ratio],
  ['Calmar', 'calmar', ratio],
  ['VaR 95', 'var_95', percent],
  ['CVaR 95', 'cvar_95', percent],
  ['CVaR 99', 'cvar_99', percent],
  ['worst day', 'worst_loss', percent],
  ['maximum drawdown', 'max_drawdown', percent],
  ['  uncompounded', 'max_drawdown_uncompounded', percent],
  ['average drawdown', 'average_drawdown', percent],
  ['CDaR 95', 'cdar_95', percent],
  ['  uncompounded', 'cdar_95_uncompounded', percent],
  ['Ulcer index', 'ulcer', percent],
  ['win rate', 'win_rate', percent],
  ['skew', 'skew', ratio],
  ['excess kurtosis', 'kurtosis', ratio],
]

/** The answer as tables and a chart of equity, for a terminal. */
export function answerText(answer: PortfolioAnswer, scenarios: Scenarios): string {
  const heading = `${answer.constructor_name ?? 'weights'}: ${answer.status}`
  const obstacles = answer.obstacles.map(
    ({ constraint, limit, nearest }) =>
      `  ${constraint} ${limit} cannot be met; the nearest that can, the others as they are: ${nearest.toPrecision(7)}`,
  )
  const warnings = answer.warnings.map(warning => `  note: ${warning}`)
  if (!answer.metrics) return [heading, ...obstacles, ...warnings].join('\n')
  const objective = answer.objective === null ? [] : [`objective ${answer.objective.toPrecision(10)}`]
  return [
    heading,
    ...objective,
    `binding: ${answer.binding.join(', ') || 'nothing'}`,
    '',
    ...weightLines(answer.weights, scenarios.names),
    '',
    ...metricLines(answer.metrics),
    '',
    ...chartLines(wealth(portfolioReturns(scenarios.columns, answer.weights)), scenarios.dates),
    ...warnings,
  ].join('\n')
}

function weightLines(weights: readonly number[], names: readonly string[]): string[] {
  const widest = Math.max(...names.map(name => name.length))
  const most = Math.max(...weights.map(Math.abs), 1e-9)
  const lines = weights.map((weight, index) => {
    const bar = '█'.repeat(Math.round((Math.abs(weight) / most) * BAR))
    return `  ${(names[index] ?? '').padEnd(widest)}  ${percent(weight).padStart(9)}  ${bar}`
  })
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return [...lines, `  ${'sum'.padEnd(widest)}  ${percent(sum).padStart(9)}`]
}

const metricLines = (metrics: NonNullable<PortfolioAnswer['metrics']>): string[] =>
  figures.map(([label, key, show]) => `  ${label.padEnd(20)} ${show(metrics[key]).padStart(12)}`)

/** What whole units need and buy (POR-8). */
const leastAccount = ({ min_equity, none_up_to }: AccountSizes): string => {
  if (min_equity !== null) return Math.ceil(min_equity).toLocaleString('en-US')
  if (none_up_to == null) return 'none of any size: the weights themselves are over a limit'
  return `none up to ${Math.ceil(none_up_to).toLocaleString('en-US')}; larger ones were not tried`
}

export const accountText = (account: AccountSizes): string[] => [
  '',
  `least account: ${leastAccount(account)}`,
  ...account.ladder.map(({ capital, units, margin_use, cvar_use, within_limits }) => {
    const bought = Object.entries(units).flatMap(([name, count]) => (count > 0 ? [`${count} ${name}`] : []))
    const uses = `margin ${percent(margin_use)}, CVaR ${percent(cvar_use)}${within_limits ? '' : ', over a limit'}`
    return `  ${capital.toLocaleString('en-US').padStart(9)}  ${bought.join(', ') || 'nothing'} (${uses})`
  }),
]

/** Equity from 1, as rows of blocks. */
function chartLines(path: Float64Array, dates: readonly string[]): string[] {
  const points = Array.from({ length: WIDTH }, (_, column) => path[Math.round((column * (path.length - 1)) / (WIDTH - 1))] ?? 1)
  const [low, high] = [Math.min(1, ...points), Math.max(1, ...points)]
  const level = (value: number) => (high === low ? 0 : ((value - low) / (high - low)) * (HEIGHT - 1))
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const at = HEIGHT - 1 - row
    const label = (low + ((high - low) * at) / (HEIGHT - 1)).toFixed(3)
    return `${label.padStart(9)} ┤${points.map(value => (Math.round(level(value)) === at ? '•' : level(value) > at ? '·' : ' ')).join('')}`
  })
  const [first = '', last = ''] = [dates[0], dates.at(-1)]
  return ['equity from 1', ...rows, `${' '.repeat(11)}${first}${last.padStart(WIDTH - first.length)}`]
}
