import { sentence } from '../../domain/errors.ts'
import { type Broker, BrokerConnectionError } from '../broker.ts'
import { capabilities } from './capabilities.ts'

/** Interactive Brokers as seen by a process that does not hold its socket: what it can do is known, and nothing can be asked of it. */
export function heldElsewhere(broker_id: string): Broker {
  const refuse = (): Promise<never> => Promise.reject(new BrokerConnectionError(sentence('HELD_BY_GATEWAY', { broker_id })))
  return {
    capabilities,
    connect: refuse,
    disconnect: async () => undefined,
    status: async () => 'DISCONNECTED',
    placeOrder: refuse,
    modifyOrder: refuse,
    cancelOrder: refuse,
    getOrder: refuse,
    openOrders: refuse,
    executions: refuse,
    balance: refuse,
    positions: refuse,
    margin: refuse,
    quote: refuse,
    whatIf: refuse,
    calendar: refuse,
    accountEvents: refuse,
  }
}
