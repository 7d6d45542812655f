import type { Instrument, Quote } from '../instrument.ts'
import type { Decimal } from '../money/decimal.ts'

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
  }
  /** Null where the strategy has no account in its mode. */
  account: TradingAccount | null
  fund: { currency: string; pool: MarginPool | null }
  /** Percent of the fund's equity in the ACTIVE allocation; null without weight. */
  allocation: { allocation_id: string | null; percent: Decimal | null }
  kill_switch: { fund: SwitchPosition; account: SwitchPosition; strategy: SwitchPosition }
  margin_limit_pct: Decimal
  test_allocation_pct: Decimal
  instruments: ReadonlyMap<string, Instrument>
  quotes: ReadonlyMap<string, Quote>
  /** Fund currency for one unit of a currency. */
  rates: ReadonlyMap<string, Decimal>
  positions: readonly HeldPosition[]
  working: readonly WorkingEntry[]
  capabilities: { order_types: readonly string[]; times_in_force: readonly string[] }
  /** What this signal reserved before, where a message is handled again: by order id, in units. */
  reserved: ReadonlyMap<string, Decimal>
}

/** The strictest of the three switches. */
export const strictest = ({ fund, account, strategy }: DecisionState['kill_switch']): SwitchPosition => {
  const all = [fund, account, strategy]
  if (all.includes('HALTED')) return 'HALTED'
  return all.includes('REDUCING') ? 'REDUCING' : 'ACTIVE'
}
