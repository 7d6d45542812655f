import type { SimulatedBroker } from '../../scripts/local/simulated/brokers.ts'

/** A price by instrument id, as the simulated market has it now. */
export type Prices = ReadonlyMap<string, { bid: string; ask: string }>

/** What an account held when the simulators began: they keep nothing by themselves. */
export interface Held {
  instrument_id: string
  /** Signed. */
  quantity: string
  avg_price: string
}

export interface ToServe {
  broker: SimulatedBroker
  port: number
  now: () => Date
  /** A secret of this data directory. */
  secret(name: string): string
  setSecret(name: string, value: string): Promise<void>
  prices: Prices
  held: readonly Held[]
}

export interface Served {
  /** Called whenever prices may have changed. */
  tick(): void
  stop(): Promise<void>
}

/** Starts a broker's simulator for the demo. */
export type Serve = (given: ToServe) => Promise<Served>
