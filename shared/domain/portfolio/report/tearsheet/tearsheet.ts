import type { AccountSizes } from '../../account-sizes.ts'
import type { Metrics } from '../../metrics.ts'
import type { LiveOverlay } from '../../validation/live-overlay.ts'
import type { PortfolioReport } from '../report.ts'
import { contributionChart, distributionChart } from './bar-charts.ts'
import { frontierChart } from './frontier-chart.ts'
import { correlationHeatmap, monthlyHeatmap } from './heatmaps.ts'
import { lineChart } from './line-chart.ts'
import { style } from './style.ts'
import { escaped, percent, ratio } from './text.ts'

/** Figures at the head, in the order shown. */
const shown: [label: string, key: keyof Metrics, form: (value: number | null) => string][] = [
  ['CAGR', 'cagr', percent],
  ['Volatility', 'volatility_annual', percent],
  ['Sharpe', 'sharpe', ratio],
  ['Sortino', 'sortino', ratio],
  ['Calmar', 'calmar', ratio],
  ['Max drawdown', 'max_drawdown', percent],
  ['VaR 95', 'var_95', value => percent(value, 2)],
  ['CVaR 95', 'cvar_95', value => percent(value, 2)],
  ['CVaR 99', 'cvar_99', value => percent(value, 2)],
  ['CDaR 95', 'cdar_95', percent],
  ['Ulcer index', 'ulcer', percent],
  ['Win rate', 'win_rate', percent],
  ['Skew', 'skew', ratio],
  ['Excess kurtosis', 'kurtosis', ratio],
  ['Worst day', 'worst_loss', value => percent(value, 2)],
]

/** A report, with what whole units need where that is known (POR-8). */
export interface Sheet extends PortfolioReport {
  account?: AccountSizes | null
}

interface Panel {
  title: string
  sub: string
  body: string
  wide?: boolean
}

const panel = ({ title, sub, body, wide = false }: Panel): string =>
  `<section class="panel${wide ? ' wide' : ''}"><h2>${escaped(title)}</h2><p class="sub">${sub}</p>${body}</section>`

/** The report as one HTML file that needs nothing else: charts are inline SVG, there is no script. */
export function tearsheet(report: Sheet, title: string): string {
  const { answer, dates } = report
  const period = `${dates[0]} to ${dates.at(-1)}, ${dates.length} trading days`
  const what = answer.constructor_name === null ? 'given weights' : answer.constructor_name
  const binding = answer.binding.length > 0 ? `Bound by ${answer.binding.join(', ')}` : 'No limit binds'
  const notes = answer.warnings.map(warning => `<li>${escaped(warning)}</li>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escaped(title)}</title><style>${style}</style></head>
<body><header class="top"><h1>${escaped(title)}</h1><p>${escaped(what)} · ${escaped(period)} · simulated, weights rebalanced daily</p></header>
<div class="grid">
<section class="panel wide"><dl class="figures">${figures(answer.metrics)}</dl>
<p class="sub" style="margin:10px 0 0">${escaped(binding)}</p>${notes ? `<ul class="notes">${notes}</ul>` : ''}</section>
${panels(report).map(panel).join('\n')}
</div></body></html>
`
}

const figures = (metrics: Metrics | null): string =>
  metrics ? shown.map(([label, key, form]) => `<div><dt>${label}</dt><dd>${form(metrics[key])}</dd></div>`).join('') : ''

/** A deepest drawdown under which whole percents would name several lines alike. */
const FLAT = 0.05

function panels(report: Sheet): Panel[] {
  const { answer, dates, returns, equity, drawdowns, names, rolling_sharpe, frontier, turnover } = report
  const metrics = answer.metrics
  const contributions = names.map((name, index) => ({
    name,
    weight: answer.weights[index] ?? 0,
    variance: report.risk_contributions.variance[index] ?? null,
    cvar: report.risk_contributions.cvar_95[index] ?? null,
  }))
  const held = contributions.filter(({ weight }) => weight !== 0)
  return [
    { title: 'Equity', sub: 'Wealth from 1, compounded', body: equityCharts(dates, equity), wide: true },
    {
      title: 'Drawdown',
      sub: 'Under the highest wealth so far',
      body: lineChart({
        title: 'Drawdown',
        dates,
        values: drawdowns.map(depth => -depth),
        label: value => percent(value, Math.max(...drawdowns) < FLAT ? 1 : 0),
        color: 'neg',
        base: 0,
      }),
    },
    {
      title: 'Rolling Sharpe',
      sub: 'Of the last 126 days, annual',
      body: lineChart({
        title: 'Rolling Sharpe',
        dates: rolling_sharpe.map(({ date }) => date),
        values: rolling_sharpe.map(({ sharpe }) => sharpe),
        label: value => ratio(value, 1),
        color: 'info',
        base: 0,
      }),
    },
    { title: 'Monthly returns', sub: 'Percent, compounded', body: monthlyHeatmap(report.monthly), wide: true },
    { title: 'Distribution of daily returns', sub: 'Days; past VaR 95 in red', body: distributionChart(returns, metrics?.var_95 ?? 0) },
    {
      title: 'Efficient frontier',
      sub: 'Annual mean over CVaR 95 of a day, fully invested',
      body: frontierChart(frontier, { cvar_95: metrics?.cvar_95 ?? 0, mean_daily: metrics?.mean_daily ?? 0 }),
    },
    {
      title: 'Weights and risk contributions',
      sub: `Shares of the whole; figure: of CVaR 95. Rebalancing turns over ${percent(turnover.rebalancing_annual, 0)} of equity a year${turnover.from_former === null ? '' : `, coming here ${percent(turnover.from_former, 0)}`}`,
      body: contributionChart(held) + weightsTable(report),
    },
    { title: 'Correlation', sub: 'Of daily returns on common dates', body: correlationHeatmap(names, answer.correlation) },
    { title: 'Deepest drawdowns', sub: 'Compounded', body: drawdownTableOf(report) },
    { title: 'How far to believe it', sub: 'In sample beside out of sample', body: honestyTable(report) },
    ...(report.honesty.live ? [livePanel(report.honesty.live)] : []),
    ...(report.account ? [{ title: 'Capital', sub: leastAccount(report.account), body: ladderTable(report.account), wide: true }] : []),
  ]
}

/** What was earned over what backtests say of the same days (POR-10). */
function livePanel({ dates, live, backtest, live_sharpe, backtest_sharpe, expected }: LiveOverlay): Panel {
  const range = expected ? `; from so many days, ${ratio(expected.low)} to ${ratio(expected.high)} would be no surprise` : ''
  return {
    title: 'Live against backtest',
    sub: `Wealth from 1 over ${dates.length} days: <span class="pos">live</span>, Sharpe ${ratio(live_sharpe)}; <span class="brass">backtest</span>, ${ratio(backtest_sharpe)}${range}`,
    body: lineChart({
      title: 'Live against backtest',
      dates,
      values: backtest,
      beside: { values: live, color: 'pos' },
      label: value => ratio(value),
      color: 'brass',
      base: 1,
    }),
  }
}

/** A wide chart would have tiny letters on a phone, so there are two, of which one is shown. */
function equityCharts(dates: readonly string[], values: readonly number[]): string {
  const chart = (width: number, height: number) =>
    lineChart({ title: 'Equity', dates, values, label: value => ratio(value), color: 'brass', base: 1, height, width })
  return `<div class="broad">${chart(1080, 210)}</div><div class="narrow">${chart(560, 230)}</div>`
}

function table(head: readonly string[], rows: readonly (readonly string[])[], kind = ''): string {
  const cells = (values: readonly string[], tag: string) => values.map(value => `<${tag}>${value}</${tag}>`).join('')
  return `<div class="scroll"><table class="${kind}"><thead><tr>${cells(head, 'th')}</tr></thead><tbody>${rows.map(row => `<tr>${cells(row, 'td')}</tr>`).join('')}</tbody></table></div>`
}

const weightsTable = ({ names, answer }: PortfolioReport): string =>
  table(
    ['Strategy', 'Weight'],
    [
      ...names.map((name, index) => [escaped(name), percent(answer.weights[index], 2)]),
      [
        'Sum',
        percent(
          answer.weights.reduce((sum, each) => sum + each, 0),
          2,
        ),
      ],
    ],
  )

const drawdownTableOf = ({ drawdown_table }: PortfolioReport): string =>
  table(
    ['From', 'Lowest', 'Recovered', 'Days', 'Depth'],
    drawdown_table.map(({ from, lowest, recovered, days, depth }) => [
      from,
      lowest,
      recovered ?? 'not yet',
      String(days),
      `<span class="neg">${percent(-depth)}</span>`,
    ]),
  )

const grouped = (value: number): string => value.toLocaleString('en-US')

const dollars = (value: number): string => `$${grouped(Math.ceil(value))}`

const leastAccount = ({ min_equity, none_up_to, unpriced }: AccountSizes): string => {
  if (unpriced.length > 0) return `Whole units; without a price, and not counted: ${escaped(unpriced.join(', '))}`
  if (none_up_to != null) return `No account up to ${dollars(none_up_to)} holds whole units inside the limits; larger ones were not tried`
  return min_equity === null
    ? 'No account of any size holds whole units inside the limits: the weights themselves are over one'
    : `Whole units from an account of ${dollars(min_equity)}`
}

const ladderTable = ({ ladder }: AccountSizes): string =>
  table(
    ['Capital', 'Units', 'Not affordable', 'Margin', 'CVaR 95'],
    ladder.map(({ capital, units, unaffordable, margin_use, cvar_use, within_limits }) => [
      dollars(capital),
      Object.entries(units)
        .flatMap(([name, count]) => (count > 0 ? [`<span class="whole">${grouped(count)} ${escaped(name)}</span>`] : []))
        .join(', ') || '–',
      escaped(unaffordable.join(', ')) || '–',
      percent(margin_use),
      `${percent(cvar_use, 2)}${within_limits ? '' : ' <span class="neg">over a limit</span>'}`,
    ]),
    'ladder',
  )

function honestyTable({ answer, honesty }: PortfolioReport): string {
  const { sharpe_interval: interval, walk_forward: walk, cross_validation: crossed } = honesty
  const range = interval ? `${ratio(interval.low)} to ${ratio(interval.high)}` : '–'
  const [walked, split] = [walk?.out_of_sample, crossed?.out_of_sample]
  const paths = crossed?.path_sharpes.flatMap(each => each ?? []).sort((one, other) => one - other) ?? []
  const spread = paths.length > 0 ? `${ratio(paths[0])} to ${ratio(paths.at(-1))} on ${paths.length} paths` : ''
  return table(
    ['', 'In sample', 'Walked forward', 'Cross-validated'],
    [
      ['Sharpe', ratio(answer.metrics?.sharpe), ratio(walked?.sharpe), ratio(split?.sharpe)],
      ['… while training', '', ratio(walk?.in_sample.sharpe), ratio(crossed?.in_sample.sharpe)],
      ['Mean a day', percent(answer.metrics?.mean_daily, 3), percent(walked?.mean_daily, 3), percent(split?.mean_daily, 3)],
      ['CVaR 95', percent(answer.metrics?.cvar_95, 2), percent(walked?.cvar_95, 2), percent(split?.cvar_95, 2)],
      // Paths are whole histories, one after another: a drawdown over all of them would be none of any.
      ['Max drawdown', percent(answer.metrics?.max_drawdown), percent(walked?.max_drawdown), ''],
      [`Sharpe, ${percent(interval?.confidence, 0)} interval`, range, '', spread],
      ['Trials', '', walk ? String(walk.trials.length) : 'not walked', crossed ? `${crossed.trials.length} purged splits` : 'not tried'],
      ['Probability that Sharpe &gt; 0', percent(honesty.probabilistic_sharpe), '', ''],
      ['… than chance would show', percent(honesty.deflated_sharpe), '', ''],
    ],
    'words',
  )
}
