import type { BrokerExecution, BrokerOrder } from '../../shared/brokers/broker.ts'
import { noTerms } from '../../shared/brokers/order-terms.ts'
import { ONE, ZERO } from '../../shared/domain/money/decimal.ts'
import type { FillReport } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import { insertWorking, learn } from './record.ts'
import type { Look } from './supervision.ts'

/** What is at a broker and none of ours is counted under this name, and never touched. */
export const EXTERNAL = 'EXTERNAL'

interface Foreign {
  /** Deterministic: the same thing is adopted once. */
  id: string
  client_order_id: string
  broker_order_id: string | null
  instrument_id: string
  symbol: string
  action: 'BUY' | 'SELL'
  quantity: StoredOrder['quantity']
  fills: FillReport[]
  working: boolean
}

/** Letters, digits, _ and -: ids of brokers may hold anything. */
const plain = (id: string) => id.replaceAll(/[^A-Za-z0-9_-]/g, '_')

/** An order that somebody else gave, with its executions so far. */
export const foreignOrder = (order: BrokerOrder): Foreign => ({ ...named(order), fills: order.fills, working: true })

export function foreignExecution(execution: BrokerExecution): Foreign {
  const { account_id: _a, client_order_id: _c, broker_order_id: _b, instrument_id: _i, symbol: _s, action: _d, ...fill } = execution
  return { ...named(execution), fills: [fill], working: false }
}

/** What an order and an execution of it have in common, so that both are adopted under one id. */
const named = (seen: BrokerOrder | BrokerExecution): Omit<Foreign, 'fills' | 'working'> => ({
  id: `EXT_${plain(seen.account_id)}_${plain(seen.broker_order_id)}`,
  client_order_id: seen.client_order_id ?? seen.broker_order_id,
  broker_order_id: seen.broker_order_id,
  instrument_id: seen.instrument_id,
  symbol: seen.symbol,
  action: seen.action,
  quantity: seen.quantity,
})

/** Takes over what is none of ours as an order of the strategy EXTERNAL, so that it is booked and counted like any other. */
export async function adopt(look: Look, foreign: Foreign): Promise<StoredOrder> {
  const { store, account, broker } = look
  const at = now()
  const known = await instrumentById(store, foreign.instrument_id)
  const stored = await insertWorking(look, {
    command: 'PLACE',
    target_order_id: null,
    order_id: foreign.id,
    client_order_id: foreign.client_order_id,
    signal_id: foreign.id,
    strategy_id: EXTERNAL,
    account_id: account.account_id,
    broker_id: broker.broker_id,
    trading_mode: account.trading_mode,
    instrument_id: foreign.instrument_id,
    instrument: {
      symbol: known?.symbol ?? foreign.symbol,
      asset_class: known?.asset_class ?? 'EQUITY',
      exchange: known?.exchange ?? null,
      currency: known?.currency ?? account.currency,
      expiry: known?.expiry ?? null,
      strike: known?.strike ?? null,
      right: known?.right ?? null,
      multiplier: known?.multiplier ?? ONE,
    },
    action: foreign.action,
    quantity: foreign.quantity,
    is_exit: false,
    order_type: 'MARKET',
    ...noTerms,
    time_in_force: 'DAY',
    max_slippage: null,
    signal_received_at: at,
    status: 'SUBMITTED',
    states: [{ status: 'SUBMITTED', at }],
    broker_order_id: foreign.broker_order_id,
    filled_qty: ZERO,
    avg_fill_price: null,
    reason: 'not ours: adopted',
    created_at: at,
    updated_at: at,
    attempted_at: at,
    attempts: 1,
    version: 1,
  })
  return learn(look, stored, { event: null, fills: foreign.fills })
}
