/** Order states and events: the only place that says what may follow what. */
export const orderStatuses = [
  'NEW',
  'SUBMITTING',
  'UNKNOWN',
  'SUBMITTED',
  'PARTIALLY_FILLED',
  'CANCEL_PENDING',
  'FILLED',
  'CANCELED',
  'REJECTED',
  'DENIED',
  'EXPIRED',
] as const
export type OrderStatus = (typeof orderStatuses)[number]

export type OrderEvent =
  | 'submit'
  | 'deny'
  | 'acknowledge'
  | 'reject'
  | 'lose_track'
  | 'not_found'
  | 'request_cancel'
  | 'refuse_cancel'
  | 'cancel'
  | 'expire'
  | 'fill_part'
  | 'fill'

const filling = { fill_part: 'PARTIALLY_FILLED', fill: 'FILLED' } as const
const ending = { cancel: 'CANCELED', expire: 'EXPIRED' } as const

const transitions = {
  // An order that was thought lost and put back here may turn out to be at the broker after all.
  NEW: { submit: 'SUBMITTING', deny: 'DENIED', acknowledge: 'SUBMITTED', ...ending, ...filling },
  SUBMITTING: { acknowledge: 'SUBMITTED', reject: 'REJECTED', lose_track: 'UNKNOWN', ...ending, ...filling },
  // `not_found` leads back to NEW: the broker has said often enough that it never saw the order, so it may be sent.
  UNKNOWN: { acknowledge: 'SUBMITTED', reject: 'REJECTED', not_found: 'NEW', ...ending, ...filling },
  SUBMITTED: { request_cancel: 'CANCEL_PENDING', reject: 'REJECTED', ...ending, ...filling },
  PARTIALLY_FILLED: { request_cancel: 'CANCEL_PENDING', ...ending, ...filling },
  // A fill that is not the last leaves the cancel pending; a late acknowledgement of the order says nothing of it.
  CANCEL_PENDING: { refuse_cancel: 'SUBMITTED', fill_part: 'CANCEL_PENDING', fill: 'FILLED', reject: 'REJECTED', ...ending },
  FILLED: {},
  CANCELED: {},
  REJECTED: {},
  DENIED: {},
  EXPIRED: {},
} as const satisfies Record<OrderStatus, Partial<Record<OrderEvent, OrderStatus>>>

/** The status after an event, or null where the event cannot follow (it came late or twice, and changes nothing). */
export const nextStatus = (status: OrderStatus, event: OrderEvent): OrderStatus | null =>
  (transitions[status] as Partial<Record<OrderEvent, OrderStatus>>)[event] ?? null

export const isTerminal = (status: OrderStatus): boolean => Object.keys(transitions[status]).length === 0
