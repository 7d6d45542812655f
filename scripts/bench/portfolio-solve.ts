import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Row, Table } from './figures.ts'

/** Strategies and days. */
const sizes = [
  [5, 500],
  [20, 1_250],
  [50, 2_520],
  [200, 2_520],
] as const

const script = fileURLToPath(new URL('./portfolio/main.ts', import.meta.url))

/** Each constructor at each size, in a process a size. */
export async function measurePortfolio(): Promise<Table[]> {
  const tables: Table[] = []
  for (const [strategies, days] of sizes) {
    const rows: Row[] = []
    const child = spawn(process.execPath, [script, String(strategies), String(days)], { stdio: ['ignore', 'pipe', 'inherit'] })
    for await (const line of createInterface({ input: child.stdout })) rows.push(JSON.parse(line) as Row)
    tables.push({ title: `portfolio: ${strategies} strategies × ${days} days`, rows })
  }
  const notes = [
    'ms: processor time of the quickest run in a thread of its own, with every measure and both correlation matrices of the answer',
    'first ms: where nothing of the constructor was compiled yet; asking ms: the longest stretch of processor time of the thread that asks, in any of its runs; longest delay: of its event loop meanwhile, which other programs lengthen',
  ]
  return tables.map((table, index) => (index === tables.length - 1 ? { ...table, notes } : table))
}
