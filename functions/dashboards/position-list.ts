import { type Decimal, ONE, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import type { PositionList } from '../../shared/messages/dashboards.ts'
import type { Store } from '../../shared/store/collection.ts'
import { fundConverter } from '../../shared/store/fund-currency.ts'
import { openPositionsOf } from '../../shared/store/positions.ts'
import { shownPosition } from '../../shared/store/shown-position.ts'

/** What a strategy holds, at its last marks and the latest rates. */
export async function readPositions(store: Store, strategy_id: string, at: Date): Promise<PositionList> {
  const positions = await openPositionsOf(store, strategy_id)
  const toFund = await fundConverter(store, ['USD', ...positions.map(({ instrument }) => instrument.currency)])
  const usd = toFund(ONE, 'USD')
  const valued = positions.map(position => {
    const { quantity, current_price, avg_price, instrument, unrealized_pnl } = position
    // What no reading has marked yet is worth what it cost.
    const value = toFund(
      quantity
        .abs()
        .times(current_price ?? avg_price)
        .times(instrument.multiplier),
      instrument.currency,
    )
    return {
      shown: shownPosition(position, { at, toFund }),
      exposure: value && usd && value.div(usd),
      pnl: toFund(unrealized_pnl ?? ZERO, instrument.currency),
    }
  })
  return {
    strategy_id,
    open_positions: valued.map(({ shown, exposure }) => ({ ...shown, exposure_usd: exposure?.toNumber() ?? null })),
    total_exposure_usd: total(valued.map(({ exposure }) => exposure)),
    total_unrealized_pnl: total(valued.map(({ pnl }) => pnl)),
  }
}

const total = (parts: readonly (Decimal | null)[]): number | null =>
  parts.includes(null) ? null : sum(parts.flatMap(part => part ?? [])).toNumber()
