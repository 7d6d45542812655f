import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection } from './collection.ts'

/** Statistics, so numbers; returns are fractions a day, drawdown is negative. */
const backtest = z.object({
  strategy_id: z.string(),
  dates: z.array(z.string()),
  daily_returns: z.array(z.number()),
  mean_return_daily: z.number(),
  volatility_daily: z.number(),
  sharpe_ratio: z.number(),
  max_drawdown: z.number(),
  win_rate: z.number(),
  backtest_period: z.object({ start: z.string(), end: z.string() }),
  source_hash: z.string(),
  loaded_at: date,
})

export const strategyBacktestData = collection('strategy_backtest_data', {
  schema: backtest,
  indexes: [{ key: { strategy_id: 1 }, unique: true }],
  retention: 'forever',
})
