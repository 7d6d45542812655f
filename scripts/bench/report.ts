import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, platform, totalmem } from 'node:os'
import { dirname } from 'node:path'
import type { Cell, Table } from './figures.ts'

export interface Report {
  date: string
  node: string
  machine: { platform: string; cores: number; cpu: string; memory_gb: number }
  options: Record<string, Cell>
  /** Tables by part. */
  parts: Record<string, Table[]>
  seconds: number
}

export const machine = (): Report['machine'] => ({
  platform: platform(),
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memory_gb: Math.round(totalmem() / 2 ** 30),
})

export function saveReport(report: Report, file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

/** Saves what was measured; parts that were not keep the figures they had. */
export function saveParts(report: Report, file: string): void {
  const earlier: Pick<Report, 'parts'> = JSON.parse(readFileSync(file, 'utf8'))
  saveReport({ ...report, parts: { ...earlier.parts, ...report.parts } }, file)
}

const text = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '–' : String(cell))

/** A table in plain text: numbers to the right, words to the left, notes below. */
export function tableText({ title, rows, notes = [] }: Table): string {
  const columns = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const widths = columns.map(column => Math.max(column.length, ...rows.map(row => text(row[column]).length)))
  const isNumber = columns.map(column => rows.some(row => typeof row[column] === 'number'))
  const line = (cells: string[]) =>
    cells
      .map((cell, index) => (isNumber[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd()
  const lines = rows.length === 0 ? [] : [line(columns), ...rows.map(row => line(columns.map(column => text(row[column]))))]
  return ['', title, ...lines.map(each => `  ${each}`), ...notes.map(note => `  · ${note}`)].join('\n')
}
