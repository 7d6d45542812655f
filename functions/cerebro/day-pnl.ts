import type { DecisionState } from '../../shared/domain/decision/state.ts'
import type { Decimal } from '../../shared/domain/money/decimal.ts'
import { dayPnl } from '../../shared/domain/performance/day-pnl.ts'
import { dayIn } from '../../shared/domain/time/fund-calendar.ts'
import type { BookMode } from '../../shared/messages/signal.ts'
import type { Position } from '../../shared/store/positions.ts'
import type { StrategyPnl } from '../../shared/store/strategy-pnl.ts'

interface DayQuestion {
  now: Date
  time_zone: string
  mode: BookMode
  pnls: readonly StrategyPnl[]
  /** What the strategy holds. */
  own: readonly Position[]
  market: Pick<DecisionState, 'quotes' | 'rates'>
}

/** What a strategy made since the fund's midnight, in USD: to its last reading, and what prices did since; null where that cannot be told. */
export function dayPnlInUsd({ now, time_zone, mode, pnls, own, market: { quotes, rates } }: DayQuestion): Decimal | null {
  const reading = pnls.find(each => each.trading_mode === mode) ?? null
  const since = own.flatMap(({ instrument_id, instrument, quantity, current_price, avg_price }) => {
    const last = quotes.get(instrument_id)?.last
    const marked = current_price ?? avg_price
    return last ? [{ currency: instrument.currency, amount: last.minus(marked).times(quantity).times(instrument.multiplier) }] : []
  })
  const usd = rates.get('USD')
  const total = dayPnl({ today: dayIn(now, time_zone), reading, since, rates })
  return total && usd ? total.div(usd) : null
}
