import type { Instrument, Quote } from '../instrument.ts'
import type { Decimal } from '../money/decimal.ts'
import type { RiskBook } from '../risk/exposures.ts'

export type TradingMode = 'LIVE' | 'PAPER'
export type SwitchPosition = 'ACTIVE' | 'REDUCING' | 'HALTED'

/** An entry order that may still fill. */
export interface WorkingEntry {
  order_id: string
  signal_id: string
  instrument_id: string
  action: 'BUY' | 'SELL'
  /** What may still fill, in units. */
  quantity: Decimal
  /** What it was sized at, in the instrument's currency. */
  price: Decimal
}

export interface HeldPosition {
  instrument_id: string
  /** Signed. */
  quantity: Decimal
  closing: { order_id: string; quantity: Decimal }[]
}

/** Margin that may still be used and what it was computed from; money in the pool's own currency. */
export interface MarginPool {
  free: Decimal
  /** Cash not promised to an order; counts only where margin means borrowed value. */
  cash: Decimal
  equity: Decimal
  margin_used: Decimal
}

export interface TradingAccount {
  account_id: string
  broker_id: string
  account_type: string
  currency: string
  /** Null before the account was read for the first time. */
  pool: MarginPool | null
  /** When the broker was last read; null where it never was. */
  as_of: Date | null
  /** What the broker was last found to be; null where nobody looked yet. */
  broker_status: BrokerStatus | null
}

export type BrokerStatus = 'CONNECTED' | 'DISCONNECTED' | 'NEEDS_LOGIN'

/** What the fund's settings allow an entry. */
export interface EntryLimits {
  /** Seconds after which an account's state is too old to decide by. */
  max_state_age: number
  /** Largest share of the expected return of a trade that the price may have run away, as a fraction. */
  slippage_limit: number
  /** Seconds after which an entry that nothing can be compared with is too old. */
  slippage_unknown_after: number
  /** Largest CVaR 95 of the fund, one day, as a fraction of its equity. */
  cvar_limit: number
  /** Pairs of strategies that move together more than this share a limit on their joint weight. */
  correlation_threshold: number
  /** In percent of equity. */
  correlation_weight_limit_pct: number
}

/** What was done about an account whose state was too old. */
export interface AskedSync {
  /** Seconds that a newer state was waited for; null where nobody waited. */
  waited_s: number | null
}

/** All that a decision depends on, read in one round. Instruments, quotes and rates are those of the signal's legs and of what is held. */
export interface DecisionState {
  trading_mode: TradingMode
  strategy: {
    strategy_id: string
    status: 'ACTIVE' | 'INACTIVE' | 'TESTING'
    /** Seconds. */
    max_signal_age: number
    notional_per_capital: Decimal
    sizing: 'full' | 'requested_cap'
    /** USD; null where there is no limit. */
    risk_limits: { max_position_size: Decimal | null; max_daily_loss: Decimal | null }
    /** Mean return of a trade in its backtest, as a fraction of price; null without a backtest. */
    expected_alpha: number | null
    /** Realized and unrealized since the fund's midnight, in USD; null where no limit asks for it, or it cannot be told. */
    day_pnl: Decimal | null
  }
  /** Null where the strategy has no account in its mode. */
  account: TradingAccount | null
  fund: { currency: string; pool: MarginPool | null }
  /** Percent of the fund's equity in the ACTIVE allocation; null without weight. */
  allocation: { allocation_id: string | null; percent: Decimal | null }
  kill_switch: { fund: SwitchPosition; account: SwitchPosition; strategy: SwitchPosition }
  /** Instruments whose position is not what the broker says: no entries until a person has looked. */
  frozen?: ReadonlySet<string>
  margin_limit_pct: Decimal
  limits: EntryLimits
  /** What was done about a state that was too old; null where nothing was. */
  sync: AskedSync | null
  test_allocation_pct: Decimal
  instruments: ReadonlyMap<string, Instrument>
  quotes: ReadonlyMap<string, Quote>
  /** Fund currency for one unit of a currency. */
  rates: ReadonlyMap<string, Decimal>
  positions: readonly HeldPosition[]
  /** `position_after` of the sender's signal before, in the instrument of this one's first leg; null where it told none. */
  told_before?: Decimal | null
  working: readonly WorkingEntry[]
  capabilities: { order_types: readonly string[]; times_in_force: readonly string[] }
  /** What the fund holds in this mode, and how what it holds has moved. */
  book: RiskBook
  /** What this signal reserved before, where a message is handled again: by order id, in units. */
  reserved: ReadonlyMap<string, Decimal>
}

/** The strictest of the three switches. */
export const strictest = ({ fund, account, strategy }: DecisionState['kill_switch']): SwitchPosition => {
  const all = [fund, account, strategy]
  if (all.includes('HALTED')) return 'HALTED'
  return all.includes('REDUCING') ? 'REDUCING' : 'ACTIVE'
}
