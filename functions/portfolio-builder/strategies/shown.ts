import type { ShownStrategy } from '../../../shared/messages/strategy.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { activeAllocation } from '../../../shared/store/portfolio-allocations.ts'
import { backtestSummaries } from '../../../shared/store/strategy-backtest-data.ts'
import { accountOf, type StrategyConfiguration, withoutSecrets } from '../../../shared/store/strategy-configurations.ts'

/** Strategies as an admin sees them, with their backtests and weights. */
export async function showStrategies(store: Store, strategies: readonly StrategyConfiguration[]): Promise<ShownStrategy[]> {
  const [backtests, allocation] = await Promise.all([
    backtestSummaries(
      store,
      strategies.map(({ strategy_id }) => strategy_id),
    ),
    activeAllocation(store),
  ])
  return strategies.map(strategy => {
    const { deleted_at: _deleted, ...shown } = withoutSecrets(strategy)
    const backtest = shownBacktest(backtests.get(strategy.strategy_id))
    const allocation_pct = allocation?.allocations[strategy.strategy_id] ?? null
    return { ...shown, backtest, allocation_pct, warnings: warningsOf(strategy, { backtest, allocation_pct }) }
  })
}

export async function showStrategy(store: Store, strategy: StrategyConfiguration): Promise<ShownStrategy> {
  const [shown] = await showStrategies(store, [strategy])
  if (!shown) throw new Error('one strategy in, one out')
  return shown
}

type Stored = Awaited<ReturnType<typeof backtestSummaries>> extends Map<string, infer B> ? B : never

const shownBacktest = (backtest: Stored | undefined): ShownStrategy['backtest'] =>
  backtest === undefined
    ? null
    : {
        mean_return_daily: backtest.mean_return_daily,
        volatility_daily: backtest.volatility_daily,
        sharpe_ratio: backtest.sharpe_ratio,
        sortino_ratio: backtest.sortino_ratio ?? null,
        max_drawdown: backtest.max_drawdown,
        win_rate: backtest.win_rate,
        mean_trade_return: backtest.mean_trade_return ?? null,
        margin_per_unit: backtest.margin_per_unit ?? null,
        days: backtest.dates.length,
        backtest_period: backtest.backtest_period,
        source_hash: backtest.source_hash,
      }

function warningsOf(
  strategy: StrategyConfiguration,
  { backtest, allocation_pct }: Pick<ShownStrategy, 'backtest' | 'allocation_pct'>,
): string[] {
  const { account_id, trading_mode } = accountOf(strategy)
  const trades = strategy.status !== 'INACTIVE'
  return [
    ...(trades && account_id === null
      ? [`It trades ${trading_mode} but names no ${trading_mode === 'LIVE' ? 'account' : 'paper_account'}.`]
      : []),
    ...(backtest === null ? ['It has no backtest, so it cannot be optimized.'] : []),
    ...(trades && trading_mode === 'LIVE' && !allocation_pct ? ['It trades LIVE without a weight, so its entries are denied.'] : []),
  ]
}
