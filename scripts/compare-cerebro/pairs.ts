import { type Decimal, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { cerebroDecisions, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Fill, fills } from '../../shared/store/fills.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import type { Pair, Verdict } from './versions.ts'

/** What a version in shadow decided since a moment, beside what the first version did; signals that it had no account for are left out. */
export async function pairsSince(store: Store, { version, since }: { version: string; since: Date }): Promise<Pair[]> {
  const seconds = await cerebroDecisions
    .in(store)
    .find({ cerebro_version: version, trading_mode: 'SHADOW', timestamp: { $gte: since } })
    .toArray()
  const judged = seconds.map(cerebroDecisions.read).filter(({ account_id }) => account_id !== null)
  const signal_ids = judged.map(({ signal_id }) => signal_id)
  const both = { signal_id: { $in: signal_ids } }
  const [decided, filled] = await Promise.all([
    cerebroDecisions
      .in(store)
      .find({ ...both, trading_mode: { $ne: 'SHADOW' } })
      .toArray(),
    fills
      .in(store)
      .find({ ...both, booked: true })
      .toArray(),
  ])
  const firsts = new Map(decided.map(cerebroDecisions.read).map(decision => [decision.signal_id, decision]))
  const toFund = await converter(store, filled.map(fills.read))
  return judged.flatMap(second => {
    const first = firsts.get(second.signal_id)
    const { signal_id, strategy_id } = second
    return first ? [{ signal_id, strategy_id, first: verdictOf(first, toFund), second: verdictOf(second, toFund) }] : []
  })
}

type PnlOf = (order_ids: readonly string[]) => Decimal

const verdictOf = ({ decision, reason_code, position_size_usd, orders }: StoredDecision, pnlOf: PnlOf): Verdict => ({
  decision,
  reason_code,
  size: position_size_usd,
  pnl: pnlOf(orders.map(({ order_id }) => order_id)),
})

/** Realized P&L less fees of some orders, in the fund's currency at today's rates. */
async function converter(store: Store, filled: readonly Fill[]): Promise<PnlOf> {
  const base = (await readHierarchy(store))?.base_currency ?? 'USD'
  const rates = await ratesInto(store, base, [...new Set(filled.map(({ currency }) => currency))])
  const byOrder = Map.groupBy(filled, ({ order_id }) => order_id)
  return order_ids =>
    sum(
      order_ids
        .flatMap(id => byOrder.get(id) ?? [])
        .map(({ realized_pnl, commission, currency }) => (realized_pnl ?? ZERO).minus(commission).times(rates.get(currency) ?? ZERO)),
    )
}
