import { escaped } from './text.ts'

/** Size of a chart in its own units, and the room for labels. */
export interface Frame {
  width: number
  height: number
  left: number
  right: number
  top: number
  bottom: number
}

export const frame = (height: number, width = 560): Frame => ({ width, height, left: 46, right: 10, top: 8, bottom: 22 })

export interface Scale {
  low: number
  high: number
  at: (value: number) => number
}

/** From values to places; ends are drawn apart where they are one. */
export function scale(low: number, high: number, [from, to]: [number, number]): Scale {
  const span = high - low || Math.abs(high) || 1
  return { low, high: low + span, at: value => from + ((value - low) / span) * (to - from) }
}

export const fixed = (value: number): string => value.toFixed(1)

/** Round figures between two values, about so many. */
export function ticks(low: number, high: number, count = 4): number[] {
  const rough = (high - low || 1) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 2.5, 5, 10].find(each => each * power >= rough) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, index) => (first + index) * step)
}

/** Horizontal lines with their figures. */
export const gridLines = (y: Scale, box: Frame, label: (value: number) => string): string =>
  ticks(y.low, y.high)
    .map(
      value =>
        `<line x1="${box.left}" x2="${box.width - box.right}" y1="${fixed(y.at(value))}" y2="${fixed(y.at(value))}" stroke="var(--line)"/>` +
        `<text x="${box.left - 6}" y="${fixed(y.at(value) + 3.5)}" text-anchor="end">${label(value)}</text>`,
    )
    .join('')

/** The first and last date, and a few between them. */
export function dateLabels(dates: readonly string[], x: (index: number) => number, box: Frame): string {
  const last = dates.length - 1
  return [0, 1, 2, 3]
    .map(part => Math.round((last * part) / 3))
    .map((index, part) => {
      const anchor = part === 0 ? 'start' : part === 3 ? 'end' : 'middle'
      return `<text x="${fixed(x(index))}" y="${box.height - 5}" text-anchor="${anchor}">${escaped((dates[index] ?? '').slice(0, 7))}</text>`
    })
    .join('')
}

export const svg = ({ width, height }: Frame, title: string, body: string): string =>
  `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}"><title>${escaped(title)}</title>${body}</svg>`
