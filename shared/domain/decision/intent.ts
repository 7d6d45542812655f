import type { Decimal } from '../money/decimal.ts'
import type { ReasonCode } from '../reason-codes.ts'
import type { CvarChange } from '../risk/cvar.ts'

/** What a decision needs of a leg. */
export interface LegIntent {
  instrument_id: string
  instrument: { symbol: string; currency: string }
  signal_type: 'ENTRY' | 'EXIT' | null
  action: 'BUY' | 'SELL'
  requested_quantity: Decimal | null
  order_type: string
  price: Decimal | null
  /** Read at the door where no price was sent. */
  quote_at_receipt: { bid: Decimal; ask: Decimal } | null
  time_in_force: string
  expires_at: Date | null
}

export interface SignalIntent {
  signal_id: string
  strategy_id: string
  received_at: Date
  sent_at: Date | null
  /** A sender's format, or `system`: what the fund itself wants closed. */
  source: string
  legs: readonly LegIntent[]
  position_after: Decimal | null
}

/** One line of a decision's calculation: a step, what came of it, its figures. */
export interface CalculationStep {
  step: string
  result: string
  figures: Record<string, string>
}

export interface PlannedOrder {
  order_id: string
  command: 'PLACE' | 'CANCEL'
  target_order_id: string | null
  leg: number
  action: 'BUY' | 'SELL'
  quantity: Decimal
  is_exit: boolean
  /** Largest loss against the signal's price that an entry may be sent with, as a fraction of it; null where none can be told. */
  max_slippage: number | null
}

/** Margin to take for one entry order before the decision is stored. */
export interface PlannedReservation {
  order_id: string
  instrument_id: string
  action: 'BUY' | 'SELL'
  quantity: Decimal
  price: Decimal
  /** Fund currency that one unit is worth at a price of 1. */
  unit_value: Decimal
  /** Account currency. */
  amount: Decimal
  cash: Decimal
  /** Fund currency. */
  amount_fund: Decimal
}

/** Quantity of a position that an exit takes for itself before the decision is stored. */
export interface PlannedClaim {
  order_id: string
  instrument_id: string
  quantity: Decimal
}

export interface LegDecision {
  /** Its place among the signal's parts: a reversal has one more than the signal has legs. */
  part: number
  leg: number
  signal_type: 'ENTRY' | 'EXIT'
  /** Opens the other side of what the same leg closes. */
  reverses: boolean
  decision: 'APPROVED' | 'DENIED' | 'HELD'
  reason_code: string | null
  reason: string
  wanted_quantity: Decimal
  position_size: Decimal
  /** What an entry would have traded at, in the instrument's currency; null for exits and where there was no price. */
  price: Decimal | null
  /** The limit that left least of what was wanted; null where nothing was cut. */
  cut_by: ReasonCode | null
  /** Null where it was not asked for. */
  cvar: CvarChange | null
  /** In the fund's currency. */
  value: Decimal
  margin: Decimal
  allocation_pct: Decimal
  available_capital: Decimal
  calculation: CalculationStep[]
  orders: PlannedOrder[]
  reservations: PlannedReservation[]
  claims: PlannedClaim[]
  /** Orders to wait for: entries that an exit cancels, or what must be closed before an entry may go out. */
  waiting_for: string[]
}
