import { Decimal, HUNDRED } from '../../../shared/domain/money/decimal.ts'
import { fundStateOf } from '../../../shared/store/accounts.ts'
import type { Store } from '../../../shared/store/collection.ts'
import type { Allocation } from '../../../shared/store/portfolio-allocations.ts'
import { accountOf, allStrategies } from '../../../shared/store/strategy-configurations.ts'

/** An allocation with what each weight is worth now, in the fund's currency; null where the equity of its mode is not known. */
export async function showAllocation(store: Store, allocation: Allocation) {
  const [strategies, live, paper] = await Promise.all([allStrategies(store), fundStateOf(store, 'LIVE'), fundStateOf(store, 'PAPER')])
  const byId = new Map(strategies.map(strategy => [strategy.strategy_id, strategy]))
  const details = Object.entries(allocation.allocations).map(([strategy_id, allocation_pct]) => {
    const strategy = byId.get(strategy_id)
    const trading_mode = strategy ? accountOf(strategy).trading_mode : null
    const equity = (trading_mode === 'LIVE' ? live : paper)?.total_equity
    return {
      strategy_id,
      strategy_name: strategy?.strategy_name ?? strategy_id,
      status: strategy?.status ?? null,
      trading_mode,
      allocation_pct,
      capital: equity ? equity.times(new Decimal(allocation_pct)).div(HUNDRED) : null,
    }
  })
  return { ...allocation, details }
}
