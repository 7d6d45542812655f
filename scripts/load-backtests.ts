import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { identifier } from '../shared/messages/codecs.ts'
import { now } from '../shared/runtime/clock.ts'
import { type BacktestLoad, loadBacktest } from '../shared/runtime/load-backtest.ts'
import { FileTooLarge } from '../shared/runtime/read-backtest.ts'
import { audited } from '../shared/store/audit-log.ts'
import type { Store } from '../shared/store/collection.ts'
import { newStrategyDocument } from '../shared/store/new-strategy.ts'
import { closeStores } from '../shared/store/open.ts'
import { insertStrategy, strategyById } from '../shared/store/strategy-configurations.ts'
import { readCommandLine } from './command-line.ts'
import { openDeployment } from './deployment.ts'

const usage = `npm run load-backtests -- DIR [--create] [--data DIR]
  DIR holds a file STRATEGY_ID.csv for each strategy, and STRATEGY_ID.trades.csv where there is one
  --create   makes strategies that are missing, INACTIVE and on paper`

const TRADES = '.trades.csv'

const audit = () => ({ writer: 'load-backtests', at: now(), who: userInfo().username, from: null, reason: 'npm run load-backtests' })

/** Makes a strategy that only waits for its settings; nobody can send for it yet, since it has no secrets. */
async function createMissing(store: Store, strategy_id: string): Promise<void> {
  if (await strategyById(store, strategy_id)) return
  const strategy = newStrategyDocument({ strategy_id }, { passphrase_hashes: [], api_key_hashes: [], now: now() })
  const { passphrase_hashes: _passphrases, api_key_hashes: _keys, ...after } = strategy
  await audited(store, async within => {
    const inserted = await insertStrategy(store, strategy, within)
    return { result: null, line: inserted ? { ...audit(), what: 'strategy created', before: null, after } : null }
  })
  console.log(`${strategy_id}: strategy created, INACTIVE and PAPER`)
}

function told(strategy_id: string, load: BacktestLoad): boolean {
  if (load.kind === 'refused') {
    console.error(`${strategy_id}: refused, ${load.count} wrong lines in its ${load.file} file`)
    for (const { line, code, message } of load.faults) console.error(`  line ${line}: ${code}: ${message}`)
    return false
  }
  console.log(load.kind === 'done' ? `${strategy_id}: ${load.days} days loaded` : `${strategy_id}: unchanged`)
  if (load.kind === 'done') for (const warning of load.warnings) console.log(`  ${warning}`)
  return true
}

async function loadFile(store: Store, file: string, create: boolean): Promise<boolean> {
  const strategy_id = basename(file, '.csv')
  if (!identifier.safeParse(strategy_id).success) {
    console.error(`${file}: “${strategy_id}” is no strategy_id`)
    return false
  }
  const trades = file.replace(/\.csv$/, TRADES)
  const files = { daily: createReadStream(file), trades: existsSync(trades) ? createReadStream(trades) : undefined }
  try {
    const load = await loadBacktest(store, { strategy_id, files, audit: audit() })
    if (create && load.kind !== 'refused') await createMissing(store, strategy_id)
    return told(strategy_id, load)
  } catch (error) {
    if (!(error instanceof FileTooLarge)) throw error
    console.error(`${file}: ${error.message}`)
    return false
  }
}

/** npm runs in the package's folder; a path is meant from where the command was called. */
const fromHere = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path)

async function loadFolder(folder: string, { create, data }: { create: boolean; data: string }): Promise<boolean> {
  const files = readdirSync(folder).filter(name => name.endsWith('.csv') && !name.endsWith(TRADES))
  if (files.length === 0) throw new Error(`${folder} holds no .csv file`)
  const store = openDeployment(data, process.env).store
  let all = true
  for (const name of files.sort()) all = (await loadFile(store, join(folder, name), create)) && all
  return all
}

const { values, positionals } = readCommandLine(usage, {
  options: { create: { type: 'boolean', default: false }, data: { type: 'string', default: '.local' } },
  allowPositionals: true,
})

try {
  const [folder] = positionals
  if (folder === undefined) throw new Error(usage)
  process.exitCode = (await loadFolder(fromHere(folder), values)) ? 0 : 1
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
} finally {
  await closeStores()
}
