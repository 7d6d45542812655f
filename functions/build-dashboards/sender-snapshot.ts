import { senderReason } from '../../shared/domain/decision/in-words.ts'
import { type Decimal, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { phasesOf } from '../../shared/domain/signal/phases.ts'
import { senderStatus } from '../../shared/domain/signal/states.ts'
import type { SenderSnapshot } from '../../shared/messages/dashboards.ts'
import { decisionCounts, decisionsOf, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Fill, fillsOfSignals, strategyResults } from '../../shared/store/fills.ts'
import { fundConverter, type ToFund } from '../../shared/store/fund-currency.ts'
import type { Allocation } from '../../shared/store/portfolio-allocations.ts'
import { openPositionsOf } from '../../shared/store/positions.ts'
import { shownPosition } from '../../shared/store/shown-position.ts'
import type { StrategyConfiguration } from '../../shared/store/strategy-configurations.ts'
import { countSignals, recentSignals, type StoredSignal } from '../../shared/store/trading-signals.ts'
import type { Builder } from './builder.ts'

const MOST_SIGNALS = 20

interface Subject {
  strategy: StrategyConfiguration
  allocation: Allocation | null
  at: Date
}

/** DSH-2: one strategy as its sender sees it. */
export async function buildSenderSnapshot(
  { store }: Builder,
  { strategy: { strategy_id }, allocation, at }: Subject,
): Promise<SenderSnapshot> {
  const [total, counts, results, signals, positions] = await Promise.all([
    countSignals(store, strategy_id),
    decisionCounts(store, strategy_id),
    strategyResults(store, strategy_id),
    recentSignals(store, strategy_id, MOST_SIGNALS),
    openPositionsOf(store, strategy_id),
  ])
  const { approved, denied, breakdown, average_size } = counts
  const wins = results.reduce((total, result) => total + result.wins, 0)
  const closed = results.reduce((total, result) => total + result.losses, wins)
  const toFund = await fundConverter(store, [
    ...results.map(({ currency }) => currency),
    ...[...positions, ...signals.flatMap(({ legs }) => legs)].map(({ instrument }) => instrument.currency),
  ])
  return {
    strategy_id,
    generated_at: at.toISOString(),
    summary: {
      total_signals_sent: total,
      signals_executed: approved,
      signals_rejected: denied,
      rejection_rate_pct: total === 0 ? null : (denied / total) * 100,
      win_rate_pct: closed === 0 ? null : (wins / closed) * 100,
      avg_position_size_usd: average_size,
      total_pnl: totalOrNull([
        ...results.map(({ realized, currency }) => toFund(realized, currency)),
        ...positions.map(({ unrealized_pnl, instrument }) => toFund(unrealized_pnl ?? ZERO, instrument.currency)),
      ]),
      sharpe_ratio: null,
      current_allocation_pct: allocation?.allocations[strategy_id] ?? null,
    },
    performance: { daily_return_pct: null, mtd_return_pct: null, ytd_return_pct: null, max_drawdown_pct: null },
    recent_signals: await shownSignals(store, signals, toFund),
    open_positions: positions.map(position => shownPosition(position, { at, toFund })),
    rejection_breakdown: breakdown,
    earnings: { made: null, paid: null, due: null, next_payment_date: null },
  }
}

/** A sum in the fund's currency, unless a part of it has no rate: it is not guessed. */
const totalOrNull = (parts: (Decimal | null)[]): number | null =>
  parts.includes(null) ? null : sum(parts.flatMap(part => (part ? [part] : []))).toNumber()

async function shownSignals(store: Store, signals: StoredSignal[], toFund: ToFund): Promise<SenderSnapshot['recent_signals']> {
  const ids = signals.map(({ signal_id }) => signal_id)
  const [decisions, fills] = await Promise.all([decisionsOf(store, ids), fillsOfSignals(store, ids)])
  return signals.map(signal => {
    const own = fills.filter(({ signal_id }) => signal_id === signal.signal_id)
    return shownSignal(signal, { decision: decisions.get(signal.signal_id) ?? null, fills: own, toFund })
  })
}

interface Told {
  decision: StoredDecision | null
  fills: Fill[]
  toFund: ToFund
}

function shownSignal(signal: StoredSignal, { decision, fills, toFund }: Told): SenderSnapshot['recent_signals'][number] {
  const [leg] = signal.legs
  const quantity = sum(fills.map(fill => fill.quantity))
  const value = sum(fills.map(fill => fill.quantity.times(fill.price)))
  const realized = fills.filter(({ is_exit }) => is_exit).map(({ realized_pnl, currency }) => toFund(realized_pnl ?? ZERO, currency))
  return {
    signal_id: signal.signal_id,
    timestamp: signal.received_at.toISOString(),
    ticker: leg?.instrument.symbol ?? '',
    action: leg?.action ?? 'BUY',
    requested_quantity: leg?.requested_quantity?.toNumber() ?? null,
    status: senderStatus(signal.status),
    state: signal.status,
    actual_quantity: decision && quantity.toNumber(),
    position_size_usd: decision?.position_size_usd.toNumber() ?? null,
    allocation_pct: decision?.allocation_pct.toNumber() ?? null,
    execution_price: quantity.isZero() ? null : value.div(quantity).toNumber(),
    approval_reason: decision && senderReason(decision, decision.calculation),
    pnl: realized.length === 0 ? null : totalOrNull(realized),
    earned: null,
    phases_ms: phasesOf(signal.states),
  }
}
