import type { OrderCommand } from '../../shared/messages/order.ts'
import type { Outcome } from '../../shared/runtime/define-step.ts'
import { type StoredOrder, tradingOrders } from '../../shared/store/trading-orders.ts'
import { cancelOrder } from './cancel.ts'
import type { Execution } from './execution.ts'
import { modifyOrder } from './modify.ts'
import { type Placed, placeOrder } from './place.ts'

/** Carries an order command to its broker, whatever became of earlier deliveries of it. */
export const executeOrder =
  (execution: Execution) =>
  async (command: OrderCommand): Promise<Outcome> => {
    const { order_id, signal_id, strategy_id, account_id, instrument } = command
    const { order, messages } = await carryOut(execution, command)
    const waiting = messages
      ? { holder: tradingOrders, messages }
      : { holder: tradingOrders, ordering_key: `${account_id}:${instrument.symbol}` }
    return {
      message: done[command.command],
      fields: { signal_id, order_id, strategy_id, account_id, status: order?.status ?? null, reason: order?.reason ?? null },
      flush: [waiting],
    }
  }

const done = { PLACE: 'order carried out', MODIFY: 'order change carried out', CANCEL: 'order cancel carried out' } as const

async function carryOut(execution: Execution, command: OrderCommand): Promise<Omit<Placed, 'order'> & { order: StoredOrder | null }> {
  switch (command.command) {
    case 'PLACE':
      return placeOrder(execution, command)
    case 'MODIFY':
      return { order: await modifyOrder(execution, command), messages: null }
    case 'CANCEL':
      return { order: await cancelOrder(execution, command), messages: null }
  }
}
