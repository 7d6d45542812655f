import { readFileSync, writeFileSync } from 'node:fs'
import { reasonCodes } from '../shared/domain/reason-codes.ts'
import { doorRefusals } from '../shared/messages/door-refusals.ts'
import { collectionRows } from './readme/collections.ts'
import { variableRows } from './readme/variables.ts'

const target = 'README.md'
const file = new URL(`../${target}`, import.meta.url)

const row = (cells: readonly (string | number)[]): string => `| ${cells.map(cell => String(cell).replaceAll('|', '\\|')).join(' | ')} |`

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n')

/** What stands between `<!-- generated: NAME -->` and `<!-- end -->`. */
const tables: Record<string, () => string> = {
  'refusals of the door': () =>
    table(
      ['status', 'code', 'when', 'what to do'],
      Object.entries(doorRefusals).map(([code, { status, when, cure }]) => [status, `\`${code}\``, when, cure]),
    ),
  'reason codes': () =>
    table(
      ['code', 'means'],
      Object.entries(reasonCodes).map(([code, text]) => [`\`${code}\``, text]),
    ),
  'environment variables': () => table(['variable', 'means', 'default'], variableRows()),
  collections: () => table(['collection', 'a document for each', 'kept'], collectionRows()),
}

/** The README with every table as the code has it. @throws Error where a marker names no table, or a table has no marker */
export function withTables(readme: string): string {
  const seen = new Set<string>()
  const written = readme.replaceAll(
    /(<!-- generated: ([^>]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const make = tables[name]
      if (!make) throw new Error(`${target} asks for a table “${name}” that nobody makes.`)
      seen.add(name)
      return `${begin}${make()}\n${end}`
    },
  )
  const missing = Object.keys(tables).filter(name => !seen.has(name))
  if (missing.length > 0) throw new Error(`${target} has no place for ${missing.join(', ')}.`)
  return written
}

if (import.meta.main) {
  const readme = readFileSync(file, 'utf8')
  const wanted = withTables(readme)
  if (!process.argv.includes('--check')) writeFileSync(file, wanted)
  else if (readme !== wanted) {
    console.error(`The tables of ${target} do not say what the code says; run: npm run generate`)
    process.exitCode = 1
  }
}
