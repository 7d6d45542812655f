import { fixed, frame, gridLines, scale, svg } from './axes.ts'
import { escaped, percent } from './text.ts'

const BINS = 41

/** How often daily returns fall where; the tail past VaR₉₅ in red. */
export function distributionChart(returns: readonly number[], valueAtRisk: number): string {
  const box = frame(190)
  const reach = returns.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
  const width = (2 * reach) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of returns) {
    const bin = Math.min(BINS - 1, Math.floor((value + reach) / width))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const y = scale(0, Math.max(...counts), [box.height - box.bottom, box.top])
  const x = scale(-reach, reach, [box.left, box.width - box.right])
  const bars = counts.map((count, bin) => {
    const from = -reach + bin * width
    const color = from + width / 2 < -valueAtRisk ? 'neg' : 'info'
    return `<rect x="${fixed(x.at(from) + 0.5)}" y="${fixed(y.at(count))}" width="${fixed(Math.max(1, x.at(width) - x.at(0) - 1))}" height="${fixed(y.at(0) - y.at(count))}" fill="var(--${color})"/>`
  })
  const labels = [-1, -0.5, 0, 0.5, 1].map(
    part =>
      `<text x="${fixed(x.at(part * reach))}" y="${box.height - 5}" text-anchor="${part === 1 ? 'end' : 'middle'}">${percent(part * reach)}</text>`,
  )
  return svg(box, 'Distribution of daily returns', gridLines(y, box, value => value.toFixed(0)) + bars.join('') + labels.join(''))
}

export interface Contribution {
  name: string
  weight: number
  variance: number | null
  cvar: number | null
}

const ROW = 34
const LABEL = 120

/** For each strategy its share of weight, of variance and of CVaR₉₅, as bars under one another. */
export function contributionChart(contributions: readonly Contribution[]): string {
  const box = { ...frame(contributions.length * ROW + 26), left: LABEL, right: 54 }
  const sum = contributions.reduce((total, { weight }) => total + weight, 0) || 1
  const shares = contributions.map(({ name, weight, variance, cvar }) => ({ name, parts: [weight / sum, variance ?? 0, cvar ?? 0] }))
  const [low, high] = [Math.min(0, ...shares.flatMap(({ parts }) => parts)), Math.max(0.01, ...shares.flatMap(({ parts }) => parts))]
  const x = scale(low, high, [box.left, box.width - box.right])
  const colors = ['brass', 'info', 'neg']
  const rows = shares.map(({ name, parts }, row) => {
    const top = 24 + row * ROW
    const bars = parts.map((part, index) => {
      const [from, to] = [Math.min(x.at(0), x.at(part)), Math.max(x.at(0), x.at(part))]
      return `<rect x="${fixed(from)}" y="${top + index * 9}" width="${fixed(to - from)}" height="7" rx="1" fill="var(--${colors[index]})"/>`
    })
    const figure = `<text class="v" x="${box.width}" y="${top + 17}" text-anchor="end">${percent(parts[2] ?? 0, 0)}</text>`
    return `<text class="v" x="0" y="${top + 17}">${escaped(shortened(name))}</text>${bars.join('')}${figure}`
  })
  const legend = ['weight', 'variance', 'CVaR']
    .map(
      (word, index) =>
        `<rect x="${LABEL + index * 92}" y="4" width="9" height="9" rx="1" fill="var(--${colors[index]})"/><text x="${LABEL + 14 + index * 92}" y="13">${word}</text>`,
    )
    .join('')
  return svg(box, 'Risk contributions', legend + rows.join(''))
}

export const shortened = (name: string, most = 14): string => (name.length > most ? `${name.slice(0, most - 1)}…` : name)
