import { Decimal } from '../../domain/money/decimal.ts'

// Questions and answers between a paper broker and its clients as JSON: amounts and moments are marked, so that they come out as they went in.

const marked = (value: unknown): unknown => {
  if (value instanceof Decimal) return { $decimal: value.toFixed() }
  if (value instanceof Date) return { $date: value.toISOString() }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, marked(inner)]))
}

export const toWire = (value: unknown): string => JSON.stringify(marked(value) ?? null)

/** @throws SyntaxError where the text is no JSON */
export const fromWire = (text: string): unknown =>
  JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$decimal' in value) return new Decimal(String(value.$decimal))
    return '$date' in value ? new Date(String(value.$date)) : value
  })
