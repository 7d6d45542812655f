import { dayIn } from '../../shared/domain/time/fund-calendar.ts'
import type { Account } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { pnlByCurrency } from '../../shared/store/positions.ts'
import { strategiesWithLossLimit } from '../../shared/store/strategy-configurations.ts'
import { recordStrategyPnl } from '../../shared/store/strategy-pnl.ts'

interface Reading {
  account: Account
  read_at: Date
  /** The fund's: its days begin at midnight there. */
  time_zone: string
}

/** Keeps what strategies with a limit on the loss of a day have made in an account, as it was marked at a reading. */
export async function recordPnls(store: Store, { account: { account_id, trading_mode }, read_at, time_zone }: Reading): Promise<void> {
  const limited = await strategiesWithLossLimit(store)
  for (const strategy_id of limited) {
    const pnl = await pnlByCurrency(store, { account_id, strategy_id })
    if (Object.keys(pnl).length === 0) continue
    await recordStrategyPnl(store, { strategy_id, trading_mode, day: dayIn(read_at, time_zone), pnl, updated_at: read_at })
  }
}
