import type { Held } from '../domain/portfolio/validation/held-returns.ts'
import type { DatedReturns } from '../domain/portfolio/validation/live-overlay.ts'
import { dayIn } from '../domain/time/fund-calendar.ts'
import type { Store } from './collection.ts'
import { daysOf } from './daily-rollups.ts'
import { approvedAllocations } from './portfolio-allocations.ts'

/** What the fund has earned, a fraction of each day's opening equity, and what it was allotted meanwhile. */
export interface LiveHistory {
  trading_mode: 'LIVE' | 'PAPER'
  earned: DatedReturns
  /** Oldest first. */
  held: Held[]
}

interface Until {
  time_zone: string
  now: Date
}

/** Days that are over, of live money where there is any, else on paper. */
export async function liveHistory(store: Store, { time_zone, now }: Until): Promise<LiveHistory> {
  const [live, approved] = await Promise.all([daysOf(store, 'LIVE'), approvedAllocations(store)])
  const trading_mode = live.length > 0 ? 'LIVE' : 'PAPER'
  const days = live.length > 0 ? live : await daysOf(store, 'PAPER')
  const today = dayIn(now, time_zone)
  const over = days.filter(({ day }) => day < today)
  const returns = over.map(({ equity_open, equity_close }, index) => {
    const before = over[index - 1]?.equity_close ?? equity_open
    return before.gt(0) ? equity_close.div(before).toNumber() - 1 : 0
  })
  const held = approved.map(({ approved_at, allocations }) => ({
    from: dayIn(approved_at, time_zone),
    weights: Object.fromEntries(Object.entries(allocations).map(([strategy_id, percent]) => [strategy_id, percent / 100])),
  }))
  return { trading_mode, earned: { dates: over.map(({ day }) => day), returns }, held }
}
