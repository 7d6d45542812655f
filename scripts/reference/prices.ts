import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Scenarios } from '../../shared/domain/portfolio/scenarios.ts'

/** Simple returns of a CSV of prices, plain or gzipped; NaN where one of two neighboring prices is missing. */
export function returnsOfPrices(path: string): Scenarios {
  const bytes = readFileSync(path)
  const [header = '', ...lines] = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim().split(/\r?\n/)
  const rows = lines.map(line => line.split(','))
  const names = header.split(',').slice(1)
  const price = (row: number, column: number) => (rows[row]?.[column + 1] ? Number(rows[row]?.[column + 1]) : Number.NaN)
  return {
    names,
    dates: rows.slice(1).map(cells => cells[0] ?? ''),
    columns: names.map((_, column) => Float64Array.from(rows.slice(1), (__, row) => price(row + 1, column) / price(row, column) - 1)),
  }
}
