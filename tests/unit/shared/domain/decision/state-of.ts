import type { LegDecision, LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState, MarginPool, TradingAccount, WorkingEntry } from '../../../../../shared/domain/decision/state.ts'
import type { Instrument, Quote } from '../../../../../shared/domain/instrument.ts'
import { Decimal, ONE, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import { type ReturnSeries, scenariosOf, strategyColumn } from '../../../../../shared/domain/risk/scenarios.ts'

export const money = (amount: string | number) => new Decimal(amount)
export const now = new Date('2026-03-02T15:00:00Z')
export const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000)

const instrument = (instrument_id: string, asset_class: Instrument['asset_class'], changes: Partial<Instrument> = {}): Instrument => ({
  instrument_id,
  symbol: instrument_id,
  asset_class,
  currency: 'USD',
  multiplier: ONE,
  lot: ONE,
  ...changes,
})

export const stock = instrument('AAPL', 'EQUITY', { margin_pct: money(25) })
export const future = instrument('ESH26', 'FUTURE', { multiplier: money(50), margin_per_lot: money(15_000) })
export const forex = instrument('AUDCAD', 'FOREX', { currency: 'CAD', lot: money(1000), margin_pct: money(2) })
export const crypto = instrument('BTC', 'CRYPTO', { lot: money('0.001'), margin_pct: money(100) })
const all = [stock, future, forex, crypto]

export const quote = (bid: string | number, ask: string | number, last: string | number = ask): Quote => ({
  bid: money(bid),
  ask: money(ask),
  last: money(last),
  as_of: now,
})

export const pool = (changes: Partial<MarginPool> = {}): MarginPool => ({
  free: money(200_000),
  cash: ZERO,
  equity: money(500_000),
  margin_used: ZERO,
  ...changes,
})

export const account = (changes: Partial<TradingAccount> = {}): TradingAccount => ({
  account_id: 'A1',
  broker_id: 'PAPER',
  account_type: 'MARGIN',
  currency: 'USD',
  pool: pool(),
  as_of: now,
  broker_status: 'CONNECTED',
  ...changes,
})

export const strategy = (changes: Partial<DecisionState['strategy']> = {}): DecisionState['strategy'] => ({
  strategy_id: 'S1',
  status: 'ACTIVE',
  max_signal_age: 60,
  notional_per_capital: ONE,
  sizing: 'full',
  risk_limits: { max_position_size: null, max_daily_loss: null },
  expected_alpha: 0.01,
  day_pnl: null,
  ...changes,
})

export const limitsOf = (changes: Partial<DecisionState['limits']> = {}): DecisionState['limits'] => ({
  max_state_age: 600,
  slippage_limit: 0.3,
  slippage_unknown_after: 60,
  cvar_limit: 0.02,
  correlation_threshold: 0.8,
  correlation_weight_limit_pct: 40,
  ...changes,
})

/** Days from 2025-01-01 on, one for each return. */
export const daysFrom = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, index) => new Date(Date.UTC(2025, 0, 1 + first + index)).toISOString().slice(0, 10))

export const series = (column: string, returns: readonly number[], first = 0): ReturnSeries => ({
  column,
  returns,
  dates: daysFrom(returns.length, first),
})

/** Forty days, two of which lose `worst`: per unit of exposure a CVaR 95 of just that. */
export const fortyDays = (worst: number, other = 0.001): number[] =>
  Array.from({ length: 40 }, (_, index) => (index === 7 || index === 23 ? -worst : other))

export const bookOf = ({
  returns,
  ...changes
}: Partial<DecisionState['book']> & { returns?: ReturnSeries[] } = {}): DecisionState['book'] => ({
  scenarios: scenariosOf(returns ?? [series(strategyColumn('S1'), fortyDays(0.02))]),
  holdings: [],
  notionalPerCapital: new Map(),
  weights: new Map(),
  ...changes,
})

export const weight = (percent: string | number | null): DecisionState['allocation'] => ({
  allocation_id: 'alloc-1',
  percent: percent === null ? null : money(percent),
})

/**
 * A fund of 1,000,000 USD with 400,000 of margin free; the strategy has 10 % of it (100,000) and an account of 500,000 with 200,000 free.
 * Its backtest lost 2 % on two of forty days. AAPL 98 / 100, ESH26 4,999 / 5,000, AUDCAD 0.89 / 0.9 with 0.7 USD a CAD, BTC 59,000 / 60,000.
 */
export const stateOf = (changes: Partial<DecisionState> = {}): DecisionState => ({
  trading_mode: 'LIVE',
  strategy: strategy(),
  account: account(),
  fund: { currency: 'USD', pool: pool({ free: money(400_000), equity: money(1_000_000) }) },
  allocation: weight(10),
  kill_switch: { fund: 'ACTIVE', account: 'ACTIVE', strategy: 'ACTIVE' },
  margin_limit_pct: money(40),
  limits: limitsOf(),
  sync: null,
  test_allocation_pct: money(5),
  instruments: new Map(all.map(each => [each.instrument_id, each])),
  quotes: new Map([
    ['AAPL', quote(98, 100)],
    ['ESH26', quote(4999, 5000)],
    ['AUDCAD', quote('0.89', '0.9')],
    ['BTC', quote(59_000, 60_000)],
  ]),
  rates: new Map([
    ['USD', ONE],
    ['CAD', money('0.7')],
  ]),
  positions: [],
  working: [],
  capabilities: { order_types: ['MARKET'], times_in_force: ['DAY'] },
  book: bookOf(),
  reserved: new Map(),
  ...changes,
})

export const legOf = (of: Instrument, changes: Partial<LegIntent> = {}): LegIntent => ({
  instrument_id: of.instrument_id,
  instrument: { symbol: of.symbol, currency: of.currency },
  signal_type: null,
  action: 'BUY',
  requested_quantity: null,
  order_type: 'MARKET',
  price: null,
  quote_at_receipt: null,
  time_in_force: 'DAY',
  expires_at: null,
  ...changes,
})

export const signalOf = (legs: LegIntent[], changes: Partial<SignalIntent> = {}): SignalIntent => ({
  signal_id: 'S1_20260302_150000_001',
  strategy_id: 'S1',
  received_at: now,
  sent_at: now,
  source: 'house',
  legs,
  position_after: null,
  ...changes,
})

export const held = (
  of: Instrument,
  quantity: string | number,
  closing: Record<string, number> = {},
): DecisionState['positions'][number] => ({
  instrument_id: of.instrument_id,
  quantity: money(quantity),
  closing: Object.entries(closing).map(([order_id, claimed]) => ({ order_id, quantity: money(claimed) })),
})

export const working = (of: Instrument, action: 'BUY' | 'SELL', quantity: number, price: number, order_id = 'E1_ORD'): WorkingEntry => ({
  order_id,
  signal_id: order_id.replace(/_ORD$/, ''),
  instrument_id: of.instrument_id,
  action,
  quantity: money(quantity),
  price: money(price),
})

/** The only leg of a decision, or the one at an index. */
export function only(decided: readonly LegDecision[], index = 0): LegDecision {
  const leg = decided[index]
  if (!leg) throw new Error(`the decision has no leg ${index}`)
  return leg
}

/** What a decision comes to, amounts as text. */
export const outcome = ({ decision, reason_code, wanted_quantity, position_size, value, margin }: LegDecision) => ({
  decision,
  reason_code,
  wanted: wanted_quantity.toString(),
  granted: position_size.toString(),
  value: value.toString(),
  margin: margin.toString(),
})

export const orders = ({ orders: planned }: LegDecision): string[] =>
  planned.map(({ command, order_id, target_order_id, action, quantity, is_exit }) =>
    [command, order_id, target_order_id, command === 'PLACE' ? `${action} ${quantity}` : null, is_exit ? 'exit' : 'entry']
      .filter(part => part !== null)
      .join(' '),
  )
