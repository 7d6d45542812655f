import { sentence } from '../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from './adapter.ts'
import { type Broker, BrokerError, type Capabilities } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'

/** What each adapter can do, told without the library that it speaks by. */
const capabilities: Record<string, (connection: BrokerToOpen['connection']) => Promise<Capabilities>> = {
  alpaca: async () => (await import('./alpaca/capabilities.ts')).capabilities,
  ccxt: async ({ exchange }) => (await import('./ccxt/capabilities.ts')).capabilitiesOf(exchange),
  ibkr: async () => (await import('./ibkr/capabilities.ts')).capabilities,
  zerodha: async () => (await import('./zerodha/capabilities.ts')).capabilities,
}

/** What a decision asks of a broker. */
export type KnownBroker = Pick<Broker, 'capabilities' | 'quote'> & Partial<Pick<Broker, 'disconnect'>>

/**
 * A broker as a decision has to know it. Only what orders themselves go through may carry a broker's library: for all but the paper broker,
 * prices are those that are stored. @throws BrokerError for an adapter that is not built
 */
export async function openForDecisions(plan: BrokerToOpen, deps: AdapterDeps & PaperDeps): Promise<KnownBroker> {
  const { broker_id, adapter, connection } = plan
  if (adapter === 'paper') return (await import('./paper/open-paper.ts')).openPaper(plan, deps)
  const told = Object.hasOwn(capabilities, adapter) ? capabilities[adapter] : undefined
  if (!told) throw new BrokerError(sentence('ADAPTER_NOT_BUILT', { broker_id, adapter, built: Object.keys(capabilities).join(' ') }))
  return { capabilities: await told(connection), quote: async () => null }
}
