import type { Broker } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'
import { type BrokerToOpen, openBroker } from './registry.ts'

/** The broker of an id; each is opened once a process. */
export type Brokers = (broker_id: string) => Promise<Broker>

export interface PoolDeps extends PaperDeps {
  /** The broker's entry in the account hierarchy. */
  planOf(broker_id: string): Promise<BrokerToOpen>
}

export function brokerPool({ planOf, ...deps }: PoolDeps): Brokers {
  const open = new Map<string, Promise<Broker>>()
  return broker_id => {
    const known = open.get(broker_id)
    if (known) return known
    const opening = planOf(broker_id).then(plan => openBroker(plan, deps))
    open.set(broker_id, opening)
    opening.catch(() => open.delete(broker_id))
    return opening
  }
}
