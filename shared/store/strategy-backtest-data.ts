import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, readOrNull, type Store } from './collection.ts'
import type { Transaction } from './transaction.ts'

/** Statistics, so numbers; returns are fractions a day, drawdown is negative. */
const backtest = z.object({
  strategy_id: z.string(),
  dates: z.array(z.string()),
  daily_returns: z.array(z.number()),
  /** In the currency of the backtest, day by day; only where its file has them. */
  daily_margin: z.array(z.number()).nullable().optional(),
  daily_equity: z.array(z.number()).nullable().optional(),
  mean_return_daily: z.number(),
  volatility_daily: z.number(),
  /** Annual; null where there is no volatility. */
  sharpe_ratio: z.number().nullable(),
  sortino_ratio: z.number().nullable().optional(),
  max_drawdown: z.number(),
  /** Share of days with a gain. */
  win_rate: z.number(),
  /** A fraction of the price (CER-5). */
  mean_trade_return: z.number().nullable().optional(),
  /** Days that a trade is held in the mean; one where nobody says (CER-5). */
  mean_holding_days: z.number().nullable().optional(),
  /** Most margin that a unit of equity carried; null where the file tells none. */
  margin_per_unit: z.number().nullable().optional(),
  backtest_period: z.object({ start: z.string(), end: z.string() }),
  source_hash: z.string(),
  loaded_at: date,
})
export type Backtest = z.output<typeof backtest>

export const strategyBacktestData = collection('strategy_backtest_data', {
  schema: backtest,
  indexes: [{ key: { strategy_id: 1 }, unique: true }, { key: { loaded_at: -1 } }],
  retention: 'forever',
})

const series = { daily_returns: 0, daily_margin: 0, daily_equity: 0 }

/** What is known of these strategies' backtests, without the days' returns; `dates` tells how many there are. */
export async function backtestSummaries(
  store: Store,
  strategy_ids: readonly string[],
): Promise<Map<string, Omit<Backtest, 'daily_returns'>>> {
  const found = await strategyBacktestData
    .in(store)
    .find({ strategy_id: { $in: strategy_ids } }, { projection: series })
    .toArray()
  return new Map(found.map(document => [String(document.strategy_id), strategyBacktestData.read({ ...document, daily_returns: [] })]))
}

/** The hash of the file that a strategy's backtest came from; null where it has none. */
export const backtestHash = async (store: Store, strategy_id: string): Promise<string | null> => {
  const found = await strategyBacktestData.in(store).findOne({ strategy_id }, { projection: { source_hash: 1 } })
  return found ? String(found.source_hash) : null
}

/** Puts a backtest in place of the one that was there, whole. */
export async function replaceBacktest(store: Store, document: Backtest, within: Transaction): Promise<void> {
  await strategyBacktestData.in(store).replaceOne({ strategy_id: document.strategy_id }, document, { upsert: true, ...within })
}

export const backtestOf = async (store: Store, strategy_id: string) =>
  readOrNull(strategyBacktestData, await strategyBacktestData.in(store).findOne({ strategy_id }))

const returnsPart = backtest.pick({ strategy_id: true, dates: true, daily_returns: true, margin_per_unit: true, source_hash: true })
export type BacktestReturns = z.output<typeof returnsPart>

/** So many at a time, so that nothing else waits long while 200 of ten years are decoded. */
const BATCH = 4

/** Daily returns by strategy. */
export async function returnsOf(store: Store, strategy_ids: readonly string[]): Promise<Map<string, BacktestReturns>> {
  const projection = Object.fromEntries(Object.keys(returnsPart.shape).map(name => [name, 1]))
  const found = strategyBacktestData.in(store).find({ strategy_id: { $in: strategy_ids } }, { projection, batchSize: BATCH })
  const returns = new Map<string, BacktestReturns>()
  for await (const document of found) returns.set(String(document.strategy_id), returnsPart.parse(document))
  return returns
}
