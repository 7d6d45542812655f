import type { Decimal } from '../money/decimal.ts'

/** What a decision needs of a leg. */
export interface LegIntent {
  instrument_id: string
  instrument: { symbol: string; currency: string }
  signal_type: 'ENTRY' | 'EXIT' | null
  action: 'BUY' | 'SELL'
  requested_quantity: Decimal | null
  order_type: string
  price: Decimal | null
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
}

/** Margin to take for one entry order before the decision is stored. */
export interface PlannedReservation {
  order_id: string
  instrument_id: string
  action: 'BUY' | 'SELL'
  quantity: Decimal
  price: Decimal
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
