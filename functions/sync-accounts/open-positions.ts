import type { BrokerPosition } from '../../shared/brokers/broker.ts'
import { unrealizedPnl } from '../../shared/domain/account/book-fill.ts'
import { type Decimal, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import type { Position } from '../../shared/store/positions.ts'

type Shown = AccountState['open_positions'][number]

/**
 * A broker's position as whose it is (ACC-2): one line a strategy that holds a part of it, at what it paid, and EXTERNAL for what none of
 * ours holds. Quantities add up to the broker's, LONG counted up and SHORT down.
 */
export function shownPositions({ account_id: _, ...broker }: BrokerPosition, ours: readonly Position[]): Shown[] {
  const holders = ours.filter(each => each.instrument_id === broker.instrument_id && !each.quantity.isZero())
  const [only] = holders
  if (holders.length === 1 && only?.quantity.eq(broker.quantity)) {
    return [{ ...broker, quantity: broker.quantity.abs(), strategy_id: only.strategy_id }]
  }
  const parts = holders.map(({ strategy_id, quantity, avg_price, cost, instrument }): Shown => {
    const unrealized_pnl = unrealizedPnl({ quantity, cost }, broker.current_price, instrument.multiplier)
    return { ...broker, strategy_id, avg_price, unrealized_pnl, ...sided(quantity) }
  })
  const rest = broker.quantity.minus(sum(holders.map(({ quantity }) => quantity)))
  if (rest.isZero()) return parts
  const foreign = parts.find(({ strategy_id }) => strategy_id === EXTERNAL)
  if (!foreign) return [...parts, { ...broker, ...sided(rest), strategy_id: EXTERNAL, unrealized_pnl: shareOf(broker, rest) }]
  const quantity = (foreign.side === 'LONG' ? foreign.quantity : foreign.quantity.neg()).plus(rest)
  const others = parts.filter(part => part !== foreign)
  return quantity.isZero() ? others : [...others, { ...foreign, ...sided(quantity), unrealized_pnl: shareOf(broker, quantity) }]
}

const EXTERNAL = 'EXTERNAL'

const sided = (quantity: Decimal) => ({ quantity: quantity.abs(), side: quantity.isNegative() ? ('SHORT' as const) : ('LONG' as const) })

/** At the broker's own mean price. */
const shareOf = ({ quantity, unrealized_pnl }: Omit<BrokerPosition, 'account_id'>, part: Decimal): Decimal =>
  quantity.isZero() ? ZERO : unrealized_pnl.times(part).div(quantity)
