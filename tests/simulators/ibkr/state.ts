import type { SimContract } from './contracts.ts'

// What the simulated broker holds. Texts are as they go over the wire.

export interface SimOrder {
  order_id: number
  client_id: number
  perm_id: number
  contract: SimContract
  account: string
  action: 'BUY' | 'SELL'
  quantity: string
  order_type: string
  limit: string
  aux: string
  tif: string
  oca_group: string
  oca_type: string
  order_ref: string
  transmit: boolean
  parent_id: number
  parent_perm_id: number
  good_till: string
  trail_stop: string
  trail_percent: string
  status: string
  filled: string
  avg_price: string
  last_price: string
  why_held: string
  completed_at: string
  completed_status: string
  /** A stop whose price was reached. */
  triggered: boolean
}

export interface SimExecution {
  order: SimOrder
  exec_id: string
  /** As told: `20260302 10:30:00 US/Eastern`. */
  time: string
  at: Date
  exchange: string
  shares: string
  price: string
  cumulative: string
  average: string
  commission: string
}

export interface SimPosition {
  contract: SimContract
  quantity: number
  /** Money for one unit, multiplier included. */
  average_cost: number
  realized: number
}

export interface SimAccount {
  account_id: string
  currency: string
  cash: number
  positions: Map<number, SimPosition>
}

export interface Market {
  bid: string
  ask: string
  last: string
}

/** What the simulated gateway does wrong, until told otherwise. Counts are used up. */
export interface Faults {
  /** Bytes a write is cut into; 0 for whole messages. */
  split: number
  /** Orders that are taken and of which nothing is told until they are asked for. */
  lost_answers: number
  /** Takes everything and answers nothing. */
  frozen: boolean
  duplicate_statuses: boolean
  execution_first: boolean
  /** Executions that a fill is cut into. */
  partials: number
  commission: 'prompt' | 'late' | 'missing'
  /** What the next orders are told instead of being taken. */
  refusals: { code: number; message: string; json?: string; inactive?: boolean }[]
  /** Told of the next orders, which work all the same. */
  warnings: { code: number; message: string }[]
  /** Fills the next order that is to be canceled while its cancel is pending. */
  fill_on_cancel: number
  /** Cancels that are taken and of which nothing is told. */
  lost_cancels: number
  /** Questions that are never answered. */
  ignored: number
  /** Shuts the socket of a client that sends more messages in a second than are allowed, as the third time would. */
  shut_on_pacing: boolean
  /** Logs nobody in: the socket opens and says no more. */
  not_logged_in: boolean
}

export const faultless = (): Faults => ({
  split: 0,
  lost_answers: 0,
  frozen: false,
  duplicate_statuses: false,
  execution_first: false,
  partials: 1,
  commission: 'prompt',
  refusals: [],
  warnings: [],
  fill_on_cancel: 0,
  lost_cancels: 0,
  ignored: 0,
  shut_on_pacing: false,
  not_logged_in: false,
})

const DONE = ['Filled', 'Cancelled', 'ApiCancelled', 'Inactive']
export const isWorking = ({ status }: SimOrder): boolean => !DONE.includes(status)

/** A number as text, without what binary fractions add. */
export const text = (amount: number): string => String(Number(amount.toFixed(8)))
