import { sentence } from '../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from './adapter.ts'
import { type Broker, BrokerError } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'

type OpenDeps = AdapterDeps & PaperDeps

/** An adapter's constructor, imported only when it is used, so that a function carries no more than it needs. */
const adapters: Record<string, (plan: BrokerToOpen, deps: OpenDeps) => Promise<Broker>> = {
  paper: async (plan, deps) => (await import('./paper/open-paper.ts')).openPaper(plan, deps),
  alpaca: async (plan, deps) => (await import('./alpaca/alpaca-broker.ts')).alpacaBroker(plan, deps),
  ccxt: async (plan, deps) => (await import('./ccxt/ccxt-broker.ts')).ccxtBroker(plan, deps),
  zerodha: async (plan, deps) => (await import('./zerodha/zerodha-broker.ts')).zerodhaBroker(plan, deps),
  // Its socket is held by the gateway container alone, which opens it by itself.
  ibkr: async ({ broker_id }) => (await import('./ibkr/held-elsewhere.ts')).heldElsewhere(broker_id),
}

/** Opens a broker by the name of its adapter. Throws BrokerError for one that is not built. */
export async function openBroker(plan: BrokerToOpen, deps: OpenDeps): Promise<Broker> {
  const { broker_id, adapter } = plan
  const open = Object.hasOwn(adapters, adapter) ? adapters[adapter] : undefined
  if (!open) throw new BrokerError(sentence('ADAPTER_NOT_BUILT', { broker_id, adapter, built: Object.keys(adapters).join(' ') }))
  return open(plan, deps)
}
