/** What has to be escaped in HTML and SVG. */
export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

const MINUS = '−'

/** A fraction as percent; a dash where there is none. */
export const percent = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? '–' : `${signless(value * 100, digits)} %`

export const ratio = (value: number | null | undefined, digits = 2): string =>
  value === null || value === undefined ? '–' : signless(value, digits)

const signless = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace(/^-(0(\.0+)?)$/, '$1')
    .replace('-', MINUS)
