import { expect } from 'vitest'
import type { Broker, BrokerExecution, PlaceRequest } from '../../../../shared/brokers/broker.ts'
import { noTerms } from '../../../../shared/brokers/order-terms.ts'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'
import type { OrderType, TimeInForce } from '../../../../shared/messages/order.ts'

/** One way in which a broker's documentation says that a request may end. */
export interface Failure {
  /** The broker's own code or words. */
  name: string
  /** Makes the venue answer the next order so. */
  arrange(): void
  outcome: 'rejected' | 'unknown'
}

/** A broker over its venue, and what a test may make that venue do. What a venue cannot do is left out, and not asked of it. */
export interface Venue {
  broker: Broker
  account_id: string
  /** An instrument that trades there, whose lot is 1 or less and whose tick is 0.01. */
  instrument: PlaceRequest['instrument']
  /** Sets bid, ask and last; every resting order that they reach fills. */
  price(bid: string, ask: string): Promise<void>
  /** Whether more can be sold than is held; where not, the account holds what the tests sell. True where left out. */
  shorts?: boolean
  /** The venue's clock; the machine's where left out. */
  now?(): Date
  /** Terms with which an order rests here while the market stands at 100 / 100.02, where the usual ones are not taken. */
  resting?: Partial<Record<OrderType, Partial<PlaceRequest>>>
  /** Terms of a bracket whose entry fills at once. */
  bracket?: Partial<PlaceRequest>
  /** Makes the venue take the next order, but lose its answer. */
  loseNextAnswer?(): void
  /** The same for the next cancel. */
  loseNextCancel?(): void
  /** Every error that the broker documents for an order. */
  failures?(): readonly Failure[]
  /** Makes the next question be answered with a failure. */
  failNextQuestion?(): void
  /** Makes the venue answer this much later than it does. */
  delay?(ms: number): void
  /** Fills a part of a resting order. */
  fillPart?(client_order_id: string, quantity: string, price: string): Promise<void>
  /** Executions come without their commission until `tellCommissions`. */
  holdCommissions?(): void
  tellCommissions?(): Promise<void>
  /** Replaces the last execution of an order by one at another price. */
  correct?(client_order_id: string, price: string): Promise<void>
  /** Makes an order fill just before its next cancel arrives. */
  fillBeforeCancel?(client_order_id: string): void
  /** An account of the same broker beside `account_id`. */
  second?: string
  /** A resting order that somebody else gave; its id at the broker. */
  foreign?(): Promise<string>
  close?(): Promise<void>
}

export const money = (text: string) => new Decimal(text)
export const EPOCH = new Date(0)

/** Terms with which an order of a type rests while the market stands at 100 / 100.02. */
const resting: Partial<Record<OrderType, Partial<PlaceRequest>>> = {
  LIMIT: { limit_price: money('90') },
  STOP: { stop_price: money('110') },
  STOP_LIMIT: { stop_price: money('110'), limit_price: money('111') },
  TRAILING_STOP: { trail_pct: money('5') },
  BRACKET: { limit_price: money('90'), stop_loss: money('80'), take_profit: money('120') },
  OCO: { action: 'SELL', limit_price: money('120'), stop_price: money('80') },
}

export const restingTerms = (venue: Venue, type: OrderType): Partial<PlaceRequest> | undefined => venue.resting?.[type] ?? resting[type]

let placed = 0
const nextId = (): string => {
  placed += 1
  return `conf${placed}x${Date.now().toString(36)}`
}

export const request = ({ account_id, instrument }: Venue, changes: Partial<PlaceRequest> = {}): PlaceRequest => ({
  account_id,
  client_order_id: nextId(),
  instrument,
  action: 'BUY',
  quantity: money('1'),
  order_type: 'MARKET',
  time_in_force: 'DAY',
  ...noTerms,
  is_exit: false,
  ...changes,
})

export const timeInForceOf = ({ broker }: Venue, type: OrderType): TimeInForce =>
  type === 'MARKET' || broker.capabilities.times_in_force.includes('DAY') ? 'DAY' : 'GTC'

/** A limit order that rests. */
export const limit = (venue: Venue, price = '90', changes: Partial<PlaceRequest> = {}): PlaceRequest =>
  request(venue, { order_type: 'LIMIT', limit_price: money(price), time_in_force: timeInForceOf(venue, 'LIMIT'), ...changes })

/** Opens a venue, connected, with the market at 100 / 100.02. */
export async function opened(open: () => Promise<Venue>): Promise<Venue> {
  const venue = await open()
  await venue.broker.connect()
  await venue.price('100', '100.02')
  return venue
}

const statusOf = async ({ broker }: Venue, order: PlaceRequest) => (await broker.getOrder(order))?.status

export const reaches = (venue: Venue, order: PlaceRequest, status: string) => expect.poll(() => statusOf(venue, order)).toBe(status)

export const executionsOf = async ({ broker, account_id }: Venue, { client_order_id }: PlaceRequest): Promise<BrokerExecution[]> =>
  (await broker.executions(account_id, EPOCH)).filter(each => each.client_order_id === client_order_id)

export const totalOf = (parts: readonly { quantity: Decimal }[]): string =>
  parts.reduce((total, { quantity }) => total.plus(quantity), money('0')).toString()

export const clockOf = (venue: Venue): Date => venue.now?.() ?? new Date()
