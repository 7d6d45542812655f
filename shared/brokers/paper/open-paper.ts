import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import type { Broker } from '../broker.ts'
import { lacking } from './lacking.ts'
import { openBooks } from './open-books.ts'
import { type PaperDeps, paperBroker } from './paper-broker.ts'
import { remotePaper } from './remote-paper.ts'

/** A paper broker by its plan: here, over the store, or in a process of its own. */
export async function openPaper(plan: BrokerToOpen, deps: AdapterDeps & PaperDeps): Promise<Broker> {
  const { url } = plan.connection
  if (typeof url === 'string') return lacking(remotePaper({ url }), plan.connection)
  await openBooks(deps.store, plan)
  return lacking(paperBroker(deps), plan.connection)
}
