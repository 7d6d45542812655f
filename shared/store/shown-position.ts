import type { ShownPosition } from '../messages/dashboards.ts'
import type { ToFund } from './fund-currency.ts'
import type { Position } from './positions.ts'

const DAY_MS = 86_400_000

/** A position as its strategy's sender sees it; money in the fund's currency. */
export const shownPosition = (position: Position, { at, toFund }: { at: Date; toFund: ToFund }): ShownPosition => ({
  ticker: position.instrument.symbol,
  asset_class: position.instrument.asset_class,
  side: position.quantity.isNegative() ? 'SHORT' : 'LONG',
  quantity: position.quantity.abs().toNumber(),
  entry_price: position.avg_price.toNumber(),
  current_price: position.current_price?.toNumber() ?? null,
  unrealized_pnl: position.unrealized_pnl && (toFund(position.unrealized_pnl, position.instrument.currency)?.toNumber() ?? null),
  opened_at: position.opened_at.toISOString(),
  days_held: Math.floor((at.getTime() - position.opened_at.getTime()) / DAY_MS),
})
