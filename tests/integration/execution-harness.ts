import { vi } from 'vitest'
import { executeOrder } from '../../functions/execute-order/handler.ts'
import { openMemory } from '../../functions/supervise-orders/memory.ts'
import type { Look } from '../../functions/supervise-orders/supervision.ts'
import type { Broker } from '../../shared/brokers/broker.ts'
import { noTerms } from '../../shared/brokers/order-terms.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { type StoredOrder, tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import type { paperHouse } from './paper-broker-harness.ts'

/** What tests of execution need beside the paper broker's house. */
export function executionHouse(house: ReturnType<typeof paperHouse>) {
  const log = { info: () => undefined, warning: () => undefined, error: () => undefined }
  let orders = 0

  /** An exit, which needs no reservation; every order has an id of its own. */
  const command = (account_id: string, changes: Partial<OrderCommand> = {}): OrderCommand => {
    orders += 1
    const order_id = changes.order_id ?? `S${orders}_ORD`
    return {
      command: 'PLACE',
      target_order_id: null,
      order_id,
      client_order_id: order_id,
      signal_id: `S${orders}`,
      strategy_id: 'Trend',
      account_id,
      broker_id: 'PAPER',
      trading_mode: 'PAPER',
      instrument_id: stock.instrument_id,
      instrument: { ...stock, multiplier: money(1) },
      action: 'BUY',
      quantity: money(10),
      is_exit: true,
      order_type: 'MARKET',
      ...noTerms,
      time_in_force: 'DAY',
      max_slippage: null,
      signal_received_at: at,
      ...changes,
    }
  }

  const executing = (broker: Broker) => executeOrder({ store: house.store, brokers: async () => broker, allowLive: false })
  const stored = async (order_id: string): Promise<StoredOrder> => {
    const order = await tradingOrders.in(house.store).findOne({ order_id })
    if (!order) throw new Error(`there is no order ${order_id}`)
    return tradingOrders.read(order)
  }

  const plan = (account_id: string) => ({
    account: {
      account_id,
      account_type: 'MARGIN' as const,
      currency: 'USD',
      status: 'ACTIVE' as const,
      trading_mode: 'PAPER' as const,
      description: '',
    },
    broker: { broker_id: 'PAPER', broker_name: 'Paper', adapter: 'paper' as const, connection: {}, accounts: [] },
  })

  const lookOf = (broker: Broker, account_id: string): Look => ({
    ...plan(account_id),
    store: house.store,
    brokers: async () => broker,
    flush: async () => undefined,
    log,
    memory: openMemory(),
    told: new Set(),
  })

  /** Time that has passed for everything that was written: nothing of it is young any more. */
  const later = () => vi.setSystemTime(Date.now() + 30_000)
  const atRealTime = async <T>(work: () => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      return await work()
    } finally {
      vi.useRealTimers()
    }
  }

  async function seedHierarchy(): Promise<void> {
    const { broker } = plan('any')
    await house.store.db
      .collection('account_hierarchy')
      .replaceOne({ _id: 'fund' as never }, { fund_name: 'F', base_currency: 'USD', brokers: [broker] }, { upsert: true })
  }

  return { command, executing, stored, lookOf, later, atRealTime, seedHierarchy }
}
