import type { Decimal } from '../money/decimal.ts'
import { isTerminal, type OrderStatus } from '../order/transitions.ts'
import type { SignalState } from './states.ts'

interface OrderProgress {
  status: OrderStatus
  states: readonly { status: OrderStatus; at: Date }[]
  filled_qty: Decimal
}

/** The worst end counts for the whole. */
const ends = ['REJECTED', 'DENIED', 'EXPIRED', 'CANCELED'] as const

const sent: readonly OrderStatus[] = ['SUBMITTING', 'SUBMITTED', 'PARTIALLY_FILLED', 'FILLED']

/**
 * The states that a signal's orders have brought it to, in order.
 * @param complete whether every order that its decision makes is among them
 */
export function signalProgress(orders: readonly OrderProgress[], { complete }: { complete: boolean }): { state: SignalState; at: Date }[] {
  const reached: { state: SignalState; at: Date }[] = []
  const firstSent = earliest(orders.flatMap(({ states }) => states.filter(({ status }) => sent.includes(status))))
  if (firstSent) reached.push({ state: 'ORDERED', at: firstSent })
  const last = latest(orders.flatMap(({ states }) => states))
  if (!last) return reached
  if (complete && orders.every(({ status }) => isTerminal(status))) {
    reached.push({ state: ends.find(end => orders.some(({ status }) => status === end)) ?? 'FILLED', at: last })
  } else if (orders.some(({ filled_qty }) => filled_qty.gt(0))) {
    reached.push({ state: 'PARTIALLY_FILLED', at: last })
  }
  return reached
}

const times = (states: readonly { at: Date }[]) => states.map(({ at }) => at.getTime())
const earliest = (states: readonly { at: Date }[]): Date | null => (states.length === 0 ? null : new Date(Math.min(...times(states))))
const latest = (states: readonly { at: Date }[]): Date | null => (states.length === 0 ? null : new Date(Math.max(...times(states))))
