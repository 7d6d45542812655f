import { sentence } from '../domain/errors.ts'
import type { InstrumentDocument } from '../messages/instrument.ts'
import type { BookMode } from '../messages/signal.ts'
import { type Broker, BrokerError } from './broker.ts'
import type { PaperDeps } from './paper/paper-broker.ts'

/** What opening a broker needs of its entry in the account hierarchy. */
export interface BrokerToOpen {
  broker_id: string
  adapter: string
  /** Settings of its own, with the *names* of its secrets. */
  connection: Readonly<Record<string, unknown>>
  accounts: readonly { account_id: string; account_type: string; currency: string; trading_mode: BookMode }[]
}

/** What adapters are given: no adapter but `paper` sees the store. */
export interface AdapterDeps {
  now: () => Date
  /** A secret by its name. */
  secret(name: string): Promise<string>
  instruments: {
    byId(instrument_id: string): Promise<InstrumentDocument | null>
    /** By the name that a venue has for it (`broker_symbols[venue]`), else by its own symbol. */
    bySymbol(venue: string, symbol: string): Promise<InstrumentDocument | null>
  }
}

export type OpenDeps = AdapterDeps & PaperDeps

/** An adapter's constructor, imported only when it is used, so that a function carries no more than it needs. */
const adapters: Record<string, (plan: BrokerToOpen, deps: OpenDeps) => Promise<Broker>> = {
  paper: async (plan, deps) => {
    const { url } = plan.connection
    if (typeof url === 'string') return (await import('./paper/remote-paper.ts')).remotePaper({ url })
    const [{ paperBroker }, { openBooks }] = await Promise.all([import('./paper/paper-broker.ts'), import('./paper/open-books.ts')])
    await openBooks(deps.store, plan)
    return paperBroker(deps)
  },
}

/** Opens a broker by the name of its adapter. Throws BrokerError for one that is not built. */
export async function openBroker(plan: BrokerToOpen, deps: OpenDeps): Promise<Broker> {
  const { broker_id, adapter } = plan
  const open = Object.hasOwn(adapters, adapter) ? adapters[adapter] : undefined
  if (!open) throw new BrokerError(sentence('ADAPTER_NOT_BUILT', { broker_id, adapter, built: Object.keys(adapters).join(' ') }))
  return open(plan, deps)
}
