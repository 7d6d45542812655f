import { sentence } from '../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from './adapter.ts'
import { type Broker, BrokerError } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'
import { openBroker } from './registry.ts'

/** The broker of an id; each is opened once a process. */
export type Brokers = (broker_id: string) => Promise<Broker>

export interface PoolDeps extends PaperDeps, Pick<AdapterDeps, 'instruments'>, Partial<Pick<AdapterDeps, 'secret'>> {
  /** The broker's entry in the account hierarchy. */
  planOf(broker_id: string): Promise<BrokerToOpen>
}

const noSecrets = (name: string): Promise<string> => Promise.reject(new BrokerError(sentence('SECRET_UNAVAILABLE', { name })))

export function brokerPool({ planOf, secret = noSecrets, ...deps }: PoolDeps): Brokers {
  const open = new Map<string, Promise<Broker>>()
  return broker_id => {
    const known = open.get(broker_id)
    if (known) return known
    const opening = planOf(broker_id).then(plan => openBroker(plan, { ...deps, secret }))
    open.set(broker_id, opening)
    opening.catch(() => open.delete(broker_id))
    return opening
  }
}
