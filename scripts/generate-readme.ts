import { readFileSync, writeFileSync } from 'node:fs'
import { capabilities as alpaca } from '../shared/brokers/alpaca/capabilities.ts'
import type { Capabilities } from '../shared/brokers/broker.ts'
import { common, spot, usdm } from '../shared/brokers/ccxt/capabilities.ts'
import { capabilities as ibkr } from '../shared/brokers/ibkr/capabilities.ts'
import { capabilities as paper } from '../shared/brokers/paper/order-terms.ts'
import { capabilities as zerodha } from '../shared/brokers/zerodha/capabilities.ts'
import { reasonCodes } from '../shared/domain/reason-codes.ts'
import { doorRefusals } from '../shared/messages/door-refusals.ts'
import { collectionRows } from './readme/collections.ts'
import { variableRows } from './readme/variables.ts'

const target = 'README.md'
const file = new URL(`../${target}`, import.meta.url)

const row = (cells: readonly (string | number)[]): string => `| ${cells.map(cell => String(cell).replaceAll('|', '\\|')).join(' | ')} |`

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n')

/** What each adapter can do; one line a broker. */
const brokers: Record<string, Capabilities> = {
  paper,
  alpaca,
  'ccxt: Binance spot': spot,
  'ccxt: Binance USD-M': usdm,
  'ccxt: any other': common,
  ibkr,
  zerodha,
}

const words = (names: readonly string[]): string => (names.length === 0 ? '–' : names.join(' '))

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
  'what brokers take': () =>
    table(
      ['broker', 'trades', 'order types', 'emulated where a strategy allows', 'time in force', 'changes orders', 'client id'],
      Object.entries(brokers).map(([name, each]) => [
        name,
        words(each.asset_classes),
        words(each.order_types),
        words(each.emulable),
        words(each.times_in_force),
        each.modifies ? 'yes' : 'cancels, places anew',
        each.client_order_id_length,
      ]),
    ),
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
