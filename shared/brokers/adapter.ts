import type { InstrumentDocument } from '../messages/instrument.ts'
import type { BookMode } from '../messages/signal.ts'

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
  /**
   * A secret by its name, cached for a while; `fresh` asks for the one of now, as after credentials were refused. When one is rotated, the
   * broker is opened again, but for those that the adapter says it has `followed` itself. @throws BrokerError where there is none
   */
  secret(name: string, options?: { fresh?: boolean; followed?: boolean }): Promise<string>
  instruments: {
    byId(instrument_id: string): Promise<InstrumentDocument | null>
    /** By the name that a venue has for it (`broker_symbols[venue]`), else by its own symbol. */
    bySymbol(venue: string, symbol: string): Promise<InstrumentDocument | null>
  }
}
