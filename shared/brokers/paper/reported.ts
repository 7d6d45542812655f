import { sum } from '../../domain/money/decimal.ts'
import type { PaperOrder } from '../../store/paper-book.ts'
import type { BrokerOrder } from '../broker.ts'

/** An order of the book as the port tells of it. */
export const reported = ({ status, reason, fills, ...order }: PaperOrder): BrokerOrder => ({
  account_id: order.account_id,
  broker_order_id: order.broker_order_id,
  client_order_id: order.client_order_id,
  instrument_id: order.instrument_id,
  symbol: order.symbol,
  action: order.action,
  quantity: order.quantity,
  order_type: order.order_type,
  limit_price: order.limit_price,
  stop_price: null,
  trail_amount: null,
  trail_pct: null,
  stop_loss: null,
  take_profit: null,
  expires_at: null,
  time_in_force: 'DAY',
  role: null,
  legs: [],
  updated_at: order.accepted_at,
  status: status === 'ACCEPTED' ? 'SUBMITTED' : status,
  filled_qty: sum(fills.map(({ quantity }) => quantity)),
  reason,
  fills: fills.map(({ execution_id, price, quantity, time, commission, commission_currency }) => ({
    execution_id,
    price,
    quantity,
    time,
    commission,
    commission_currency,
  })),
})
