import { dateLabels, type Frame, fixed, frame, gridLines, scale, svg } from './axes.ts'

export interface LineChart {
  title: string
  dates: readonly string[]
  values: readonly (number | null)[]
  label: (value: number) => string
  color: 'brass' | 'pos' | 'neg' | 'info'
  /** The value from which the area is filled, and that is always in view. */
  base: number
  /** A second series over the same dates. */
  beside?: { values: readonly number[]; color: 'brass' | 'pos' | 'neg' | 'info' }
  height?: number
  width?: number
}

/** More points than this are not seen on a screen. */
const MOST_POINTS = 900

/** One series over dates, its area filled to a base. */
export function lineChart({ title, dates, values, label, color, base, beside, height = 190, width = 560 }: LineChart): string {
  const box: Frame = frame(height, width)
  const known = [...values.flatMap(value => (value === null ? [] : [value])), ...(beside?.values ?? [])]
  const [low, high] = [known.reduce((one, other) => Math.min(one, other), base), known.reduce((one, other) => Math.max(one, other), base)]
  const x = scale(0, Math.max(values.length - 1, 1), [box.left, box.width - box.right]).at
  const y = scale(low, high, [box.height - box.bottom, box.top])
  const step = Math.max(1, Math.ceil(values.length / MOST_POINTS))
  const drawn = values.flatMap((value, index) =>
    value !== null && (index % step === 0 || index === values.length - 1) ? [{ index, value }] : [],
  )
  const path = drawn.map(({ index, value }) => `${fixed(x(index))} ${fixed(y.at(value))}`).join('L')
  const [first, last] = [drawn[0]?.index ?? 0, drawn.at(-1)?.index ?? 0]
  const ground = fixed(y.at(base))
  const shapes =
    drawn.length === 0
      ? ''
      : `<path d="M${fixed(x(first))} ${ground}L${path}L${fixed(x(last))} ${ground}Z" fill="var(--${color}-fill)"/>` +
        `<path d="M${path}" fill="none" stroke="var(--${color})" stroke-width="1.4" stroke-linejoin="round"/>`
  const baseLine = `<line x1="${box.left}" x2="${box.width - box.right}" y1="${ground}" y2="${ground}" stroke="var(--line2)"/>`
  const other = beside?.values.flatMap((value, index) =>
    index % step === 0 || index === beside.values.length - 1 ? [`${fixed(x(index))} ${fixed(y.at(value))}`] : [],
  )
  const second =
    beside && `<path d="M${other?.join('L')}" fill="none" stroke="var(--${beside.color})" stroke-width="1.4" stroke-linejoin="round"/>`
  return svg(box, title, gridLines(y, box, label) + baseLine + shapes + (second ?? '') + dateLabels(dates, x, box))
}
