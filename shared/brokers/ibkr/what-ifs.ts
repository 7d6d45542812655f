import type { OrderState } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'

/** Orders that are only asked about: their answer looks like an order and must not become one. */
export function openWhatIfs() {
  const open = new Map<number, { resolve(state: OrderState): void; reject(error: Error): void }>()
  return {
    ask: (order_id: number, within_ms: number): Promise<OrderState> => {
      const { promise, resolve, reject } = Promise.withResolvers<OrderState>()
      open.set(order_id, { resolve, reject })
      const late = setTimeout(
        () => reject(new BrokerConnectionError(sentence('NO_ANSWER', { question: 'what if', ms: String(within_ms) }))),
        within_ms,
      )
      return promise.finally(() => {
        clearTimeout(late)
        open.delete(order_id)
      })
    },
    told: (order_id: number, state: OrderState): void => open.get(order_id)?.resolve(state),
    refused: (order_id: number, reason: string): boolean => {
      const asked = open.get(order_id)
      asked?.reject(new BrokerError(reason))
      return asked !== undefined
    },
  }
}
export type WhatIfs = ReturnType<typeof openWhatIfs>
