import { ZERO } from '../../shared/domain/money/decimal.ts'
import { pnlBeforeDay, pnlOf } from '../../shared/domain/performance/pnl-before-day.ts'
import { dayBefore, dayIn } from '../../shared/domain/time/fund-calendar.ts'
import type { Account } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { fillsOfStrategy } from '../../shared/store/fills.ts'
import { positionsOfStrategy } from '../../shared/store/positions.ts'
import { strategiesWithLossLimit } from '../../shared/store/strategy-configurations.ts'
import { recordStrategyPnl } from '../../shared/store/strategy-pnl.ts'

/** Longer than any day, the one on which clocks are turned back included. */
const DAY_MS = 26 * 3_600_000
const MOST_FILLS = 10_000

interface Reading {
  account: Account
  read_at: Date
  /** The fund's: its days begin at midnight there. */
  time_zone: string
}

/** Keeps what an account's strategies with a limit on the loss of a day have made, as it was marked at a reading. */
export async function recordPnls(store: Store, { account: { account_id, trading_mode }, read_at, time_zone }: Reading): Promise<void> {
  const limited = await strategiesWithLossLimit(store, account_id)
  const day = dayIn(read_at, time_zone)
  for (const strategy_id of limited) {
    const positions = await positionsOfStrategy(store, { strategy_id, trading_mode })
    if (positions.length === 0) continue
    const held = positions.map(({ instrument: { currency }, status, unrealized_pnl, opened_at, ...rest }) => ({
      ...rest,
      currency,
      // A closed position still carries its last mark.
      unrealized_pnl: status === 'OPEN' ? unrealized_pnl : null,
      isNew: dayIn(opened_at, time_zone) === day,
    }))
    const atDayStart = async () => {
      const since = new Date(read_at.getTime() - DAY_MS)
      const fills = await fillsOfStrategy(store, { strategy_id, trading_mode, since, limit: MOST_FILLS })
      const ofToday = fills.filter(({ booked, time }) => booked && dayIn(time, time_zone) === day)
      return pnlBeforeDay(
        held,
        ofToday.map(fill => ({ ...fill, realized_pnl: fill.realized_pnl ?? ZERO })),
      )
    }
    const reading = { strategy_id, trading_mode, day, pnl: pnlOf(held), updated_at: read_at }
    await recordStrategyPnl(store, { ...reading, day_before: dayBefore(day), atDayStart })
  }
}
