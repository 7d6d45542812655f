import type { StrategySecrets } from '../runner/secrets.ts'
import type { LocalPlan } from './plan.ts'

/** What the runner asks of the preparation. */
export interface Wanted {
  /** A real mongod has to be told that it is a replica set. */
  replicaSetPort: number | null
  /** Null without demo data. */
  demo: Record<string, StrategySecrets> | null
  /** The first port of the simulated brokers; null without them. */
  simulatorsPort: number | null
  /** Port by step. */
  functionPorts: Record<string, number>
  statsPort: number
}

export type ToPreparation = { kind: 'prepare'; wanted: Wanted } | { kind: 'functions-up' }

export type FromPreparation =
  | { kind: 'plan'; plan: LocalPlan }
  /** Collections, topics and demo data are there. */
  | { kind: 'prepared' }
  /** Accounts were read once; `ledger` tells whether the fund's margin ledger is there, as it must be unless the fund has no account. */
  | { kind: 'synced'; ledger: boolean }
