import { sentence } from '../domain/errors.ts'
import { type Broker, BrokerError } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'

/** What opening a broker needs of its entry in the account hierarchy. */
export interface BrokerToOpen {
  broker_id: string
  adapter: string
}

/** An adapter's constructor, imported only when it is used, so that a function carries no more than it needs. */
const adapters: Record<string, (deps: PaperDeps) => Promise<Broker>> = {
  paper: async deps => (await import('./paper/paper-broker.ts')).paperBroker(deps),
}

/** Opens a broker by the name of its adapter. Throws BrokerError for one that is not built. */
export async function openBroker({ broker_id, adapter }: BrokerToOpen, deps: PaperDeps): Promise<Broker> {
  const open = Object.hasOwn(adapters, adapter) ? adapters[adapter] : undefined
  if (!open) throw new BrokerError(sentence('ADAPTER_NOT_BUILT', { broker_id, adapter, built: Object.keys(adapters).join(' ') }))
  return open(deps)
}
