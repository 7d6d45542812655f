import type { OrderCommand } from '../../shared/messages/order.ts'
import type { Outcome } from '../../shared/runtime/define-step.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { cancelOrder } from './cancel.ts'
import type { Execution } from './execution.ts'
import { placeOrder } from './place.ts'

/** Carries an order command to its broker, whatever became of earlier deliveries of it. */
export const executeOrder =
  (execution: Execution) =>
  async (command: OrderCommand): Promise<Outcome> => {
    const { order_id, signal_id, strategy_id, account_id, instrument } = command
    const { order, fresh } =
      command.command === 'CANCEL' ? { order: await cancelOrder(execution, command), fresh: false } : await placeOrder(execution, command)
    const waiting =
      fresh && order
        ? { holder: tradingOrders, messages: order.outbox ?? [] }
        : { holder: tradingOrders, ordering_key: `${account_id}:${instrument.symbol}` }
    return {
      message: command.command === 'CANCEL' ? 'order cancel carried out' : 'order carried out',
      fields: { signal_id, order_id, strategy_id, account_id, status: order?.status ?? null, reason: order?.reason ?? null },
      flush: [waiting],
    }
  }
