import type { Correlations } from '../../measures/correlation.ts'
import type { MonthlyRow } from '../monthly-table.ts'
import { shortened } from './bar-charts.ts'
import { escaped, ratio } from './text.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** A cell whose color grows with its share of the largest. */
function tinted(share: number, text: string): string {
  const strength = Math.round(Math.min(1, Math.abs(share)) * 55)
  const color = share < 0 ? 'neg' : 'pos'
  return `<td style="background:color-mix(in srgb,var(--${color}) ${strength}%,transparent)">${text}</td>`
}

/** Percent; three digits at most, so that twelve months and their year fit beside one another on a phone. */
const figure = (value: number): string => ratio(value * 100, Math.abs(value) < 0.0995 ? 1 : 0)

/** Compounded returns of each month, percent. */
export function monthlyHeatmap(rows: readonly MonthlyRow[]): string {
  const most = rows.flatMap(({ months }) => months).reduce<number>((high, value) => Math.max(high, Math.abs(value ?? 0)), 1e-9)
  const head = ['', ...MONTHS, 'Year'].map(word => `<th>${word}</th>`).join('')
  const body = rows.map(({ year, months, year_return }) => {
    const cells = months.map(value => (value === null ? '<td></td>' : tinted(value / most, figure(value))))
    return `<tr><td class="mut">${escaped(year)}</td>${cells.join('')}<td class="${year_return < 0 ? 'neg' : 'pos'}">${figure(year_return)}</td></tr>`
  })
  return `<div class="scroll"><table class="months"><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}

/** More strategies than this as squares without figures. */
const WITH_FIGURES = 12
const CELL = 60

/** Without the 0 that all of them begin with, so that figures fit side by side on a phone. */
const short = (value: number | null): string => ratio(value).replace('0.', '.')

/** Correlations as colored squares: red together, blue against each other. */
export function correlationHeatmap(names: readonly string[], matrix: Correlations): string {
  const cell = Math.max(6, Math.min(CELL, 480 / names.length))
  const [left, top] = [110, 8]
  const size = cell * names.length
  const figures = names.length <= WITH_FIGURES
  const cells = matrix.flatMap((row, one) =>
    row.map((value, other) => {
      const color =
        value === null
          ? 'var(--s2)'
          : `color-mix(in srgb,var(--${value < 0 ? 'info' : 'neg'}) ${Math.round(Math.abs(value) * 75)}%,var(--s2))`
      const [x, y] = [left + other * cell, top + one * cell]
      const text = figures ? `<text class="v" x="${x + cell / 2}" y="${y + cell / 2 + 4}" text-anchor="middle">${short(value)}</text>` : ''
      return `<rect x="${x}" y="${y}" width="${cell - 1}" height="${cell - 1}" fill="${color}"><title>${escaped(`${names[one]} · ${names[other]}: ${ratio(value)}`)}</title></rect>${text}`
    }),
  )
  const every = Math.ceil(14 / cell)
  const labels = names.map((name, index) =>
    index % every === 0
      ? `<text x="${left - 6}" y="${top + index * cell + cell / 2 + 4}" text-anchor="end">${escaped(shortened(name))}</text>`
      : '',
  )
  const view = `0 0 ${Math.max(left + size + 4, 420)} ${top + size + 6}`
  return `<svg viewBox="${view}" role="img" aria-label="Correlation matrix"><title>Correlation matrix</title>${labels.join('')}${cells.join('')}</svg>`
}
