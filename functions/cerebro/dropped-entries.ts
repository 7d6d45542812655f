import { counterfactualPnl, feeRate } from '../../shared/domain/decision/counterfactual.ts'
import type { Decimal } from '../../shared/domain/money/decimal.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { type Counterfactual, droppedDecisions, type StoredDecision, settleDropped } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { fillsOfStrategy } from '../../shared/store/fills.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { quotesOf } from '../../shared/store/instruments.ts'
import { backtestSummaries } from '../../shared/store/strategy-backtest-data.ts'
import { type StoredSignal, signalsById, signalsSince } from '../../shared/store/trading-signals.ts'

const MOST_DECISIONS = 1_000
const DAY_MS = 86_400_000
const FILLS_FOR_FEES = 100

interface Dropping {
  store: Store
  cerebro_version: string
}

/**
 * Tells what each dropped entry would have made (CER-5): entered at the quote that it was judged by, and closed by the strategy's next signal
 * against it in that instrument, at that signal's quote or price; without one, at the quote of when the strategy's mean holding period has
 * passed (a day where its backtest tells none). Fees are what the strategy's own fills cost. Each decision is looked at until that is known, and then never again.
 */
export const valueDropped =
  ({ store, cerebro_version }: Dropping) =>
  async (_run: unknown, { now }: Pick<StepContext, 'now'>): Promise<Outcome> => {
    const pending = await droppedDecisions(store, cerebro_version, MOST_DECISIONS)
    const signals = await signalsById(
      store,
      pending.map(({ signal_id }) => signal_id),
    )
    const bySignal = new Map(signals.map(signal => [signal.signal_id, signal]))
    let settled = 0
    for (const decision of pending) {
      const signal = bySignal.get(decision.signal_id)
      const values = signal ? await valuesOf(store, { decision, signal, now }) : []
      if (values && (await settleDropped(store, decision, values))) settled += 1
    }
    return { message: 'dropped entries valued', fields: { pending: pending.length, settled } }
  }

interface Valuing {
  decision: StoredDecision
  signal: StoredSignal
  now: Date
}

/** A value for each dropped entry of a decision; null as long as one of them is not known yet. */
async function valuesOf(store: Store, { decision: dropped, signal, now }: Valuing): Promise<Counterfactual[] | null> {
  const { legs, timestamp, strategy_id, trading_mode } = dropped
  const fills = await fillsOfStrategy(store, { strategy_id, trading_mode, since: new Date(0), limit: FILLS_FOR_FEES })
  const base = (await readHierarchy(store))?.base_currency ?? 'USD'
  const values: Counterfactual[] = []
  for (const [index, { leg: at, action, decision, signal_type, wanted_quantity: quantity, price }] of legs.entries()) {
    const leg = signal.legs[at]
    if (decision !== 'DENIED' || signal_type !== 'ENTRY' || !price?.gt(0) || !leg) continue
    const exit = await exitOf(store, { strategy_id, instrument_id: leg.instrument_id, action, since: timestamp, now })
    if (!exit) return null
    const { multiplier, currency } = leg.instrument
    const fee_rate = feeRate(fills, leg.instrument_id)
    const { pnl, fees, pnl_pct } = counterfactualPnl({ action, quantity, price, multiplier }, { exit: exit.price, fee_rate })
    const rate = (await ratesInto(store, base, [currency])).get(currency)
    const money = { pnl, fees, currency, pnl_fund: rate ? pnl.times(rate).toDecimalPlaces(16) : null, pnl_pct }
    values.push({
      leg: index,
      entry_price: price,
      quantity,
      ...money,
      exit_price: exit.price,
      exit_at: exit.at,
      ended_by: exit.by,
      at: now,
    })
  }
  return values
}

interface ExitQuestion {
  strategy_id: string
  instrument_id: string
  action: 'BUY' | 'SELL'
  since: Date
  now: Date
}

interface HypotheticalExit {
  price: Decimal
  at: Date
  /** The signal that would have closed it; null where its time was over. */
  by: string | null
}

async function exitOf(store: Store, question: ExitQuestion): Promise<HypotheticalExit | null> {
  const { strategy_id, instrument_id, action, since, now } = question
  for (const { signal_id, legs, received_at } of await signalsSince(store, { strategy_id, instrument_id, since })) {
    const against = legs.find(leg => leg.instrument_id === instrument_id && leg.action !== action)
    const quote = against?.quote_at_receipt
    const price = quote ? (action === 'BUY' ? quote.bid : quote.ask) : against?.price
    if (price) return { price, at: received_at, by: signal_id }
  }
  const backtest = (await backtestSummaries(store, [strategy_id])).get(strategy_id)
  const until = since.getTime() + (backtest?.mean_holding_days ?? 1) * DAY_MS
  if (now.getTime() < until) return null
  const quote = (await quotesOf(store, [instrument_id])).get(instrument_id)
  // A quote from before its time was over says nothing of then.
  return quote && quote.as_of.getTime() >= until ? { price: action === 'BUY' ? quote.bid : quote.ask, at: quote.as_of, by: null } : null
}
