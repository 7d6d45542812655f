import { createHash } from 'node:crypto'
import type { RowFault } from '../domain/backtest/row-fault.ts'
import { summarizeBacktest } from '../domain/backtest/summarize.ts'
import { audited, type NewAuditLine } from '../store/audit-log.ts'
import type { SyncEnd } from '../store/backtest-syncs.ts'
import type { Store } from '../store/collection.ts'
import { backtestHash, replaceBacktest } from '../store/strategy-backtest-data.ts'
import { strategyById } from '../store/strategy-configurations.ts'
import { type Chunks, readDailyFile, readTradeFile } from './read-backtest.ts'

/** Of one file. */
export const BACKTEST_LIMIT = 12 * 1024 * 1024

export interface BacktestFiles {
  daily: Chunks
  /** One line a trade; may be missing. */
  trades?: Chunks | undefined
}

export type BacktestLoad =
  | { kind: 'done'; source_hash: string; days: number; warnings: string[] }
  | { kind: 'unchanged'; source_hash: string }
  | { kind: 'refused'; file: 'daily' | 'trades'; faults: RowFault[]; count: number }

export interface LoadRequest {
  strategy_id: string
  files: BacktestFiles
  /** Who loads it. */
  audit: Pick<NewAuditLine, 'writer' | 'at' | 'who' | 'from' | 'reason'>
}

/** Reads a strategy's backtest and puts it in place of the former, whole or not at all. The same file again changes nothing. */
export async function loadBacktest(store: Store, { strategy_id, files, audit }: LoadRequest): Promise<BacktestLoad> {
  const daily = await readDailyFile(files.daily, BACKTEST_LIMIT)
  if (daily.result.kind === 'faults') return { kind: 'refused', file: 'daily', faults: daily.result.faults, count: daily.result.count }
  const trades = files.trades && (await readTradeFile(files.trades, BACKTEST_LIMIT))
  if (trades?.result.kind === 'faults') return { kind: 'refused', file: 'trades', faults: trades.result.faults, count: trades.result.count }
  const source_hash = trades ? createHash('sha256').update(`${daily.hash}\n${trades.hash}`).digest('hex') : daily.hash
  const former = await backtestHash(store, strategy_id)
  if (former === source_hash) return { kind: 'unchanged', source_hash }
  const { series, warnings } = daily.result
  const strategy = await strategyById(store, strategy_id)
  const summary = summarizeBacktest(series, {
    mean_trade_return: trades?.result.kind === 'trades' ? trades.result.trades.mean_trade_return : null,
    notional_per_capital: strategy?.notional_per_capital.toNumber() ?? 1,
  })
  const [start = '', end = ''] = [series.dates[0], series.dates.at(-1)]
  const { daily_margin, daily_equity, dates, daily_returns } = series
  const document = {
    strategy_id,
    dates,
    daily_returns,
    ...(daily_margin ? { daily_margin } : {}),
    ...(daily_equity ? { daily_equity } : {}),
    ...summary,
    backtest_period: { start, end },
    source_hash,
    loaded_at: audit.at,
  }
  await audited(store, async within => {
    await replaceBacktest(store, document, within)
    const after = { strategy_id, source_hash, days: dates.length, start, end }
    return { result: null, line: { ...audit, what: 'backtest loaded', before: former && { strategy_id, source_hash: former }, after } }
  })
  return { kind: 'done', source_hash, days: dates.length, warnings }
}

/** What a load says to whoever polls its run. */
export function endOfSync(load: BacktestLoad): SyncEnd {
  if (load.kind === 'refused') {
    return { status: 'failed', reason: `the ${load.file} file has wrong lines`, errors: load.faults, num_errors: load.count }
  }
  const { kind: status, source_hash } = load
  return load.kind === 'done' ? { status, source_hash, days: load.days, warnings: load.warnings } : { status, source_hash }
}
