import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { instrumentsById } from '../../shared/store/instruments.ts'
import type { MarginLedger } from '../../shared/store/margin-ledger.ts'
import type { Holding } from '../../shared/store/positions.ts'
import { accountsOfStrategies } from '../../shared/store/strategy-configurations.ts'
import { entriesOf } from './ledger-view.ts'

/**
 * What a signal will need beside what it names, as far as the reads before it tell. It says only what to ask for early: whatever is not among
 * it is asked for once it is named.
 */
export interface Foreseen {
  account_ids: string[]
  /** The signal's own, and what its strategy held and worked on. */
  instrument_ids: string[]
  currencies: string[]
  /** Null before anything was read. */
  base_currency: string | null
}

interface Seen {
  base_currency: string
  holdings: readonly Holding[]
  ledger: MarginLedger | null
  /** By strategy: where it traded last. */
  lastAccounts: Map<string, string>
  /** By strategy: where it may trade. */
  accounts: ReadonlyMap<string, readonly string[]>
}

const seen = new WeakMap<Store, Seen>()

export function foresee(store: Store, { strategy_id, legs }: StandardizedSignal): Foreseen {
  const before = seen.get(store)
  const { holdings = [], ledger = null, base_currency = null } = before ?? {}
  const own = holdings.filter(held => held.strategy_id === strategy_id)
  const last = before?.lastAccounts.get(strategy_id)
  return {
    account_ids: [...new Set([...(last === undefined ? [] : [last]), ...(before?.accounts.get(strategy_id) ?? [])])],
    instrument_ids: [...new Set([...legs, ...own, ...entriesOf(ledger, strategy_id)].map(({ instrument_id }) => instrument_id))],
    currencies: [...new Set(['USD', ...[...legs, ...holdings].map(({ instrument }) => instrument.currency)])],
    base_currency,
  }
}

/** Reads what moves slowly, so that it is known once it is needed. What is asked for in the same turn goes out together. */
export async function readAhead(store: Store, { instrument_ids, currencies, base_currency }: Foreseen): Promise<void> {
  const rates = base_currency === null ? null : ratesInto(store, base_currency, currencies)
  const [accounts] = await Promise.all([accountsOfStrategies(store), instrumentsById(store, instrument_ids), rates])
  const before = seen.get(store)
  if (before) seen.set(store, { ...before, accounts })
}

interface Reading extends Pick<Seen, 'base_currency' | 'holdings' | 'ledger'> {
  strategy_id: string
  account_id: string | null
}

/** Keeps what the next signals are foreseen by. */
export function remember(store: Store, { strategy_id, account_id, ...latest }: Reading): void {
  const { lastAccounts = new Map(), accounts = new Map() } = seen.get(store) ?? {}
  if (account_id !== null) lastAccounts.set(strategy_id, account_id)
  seen.set(store, { ...latest, lastAccounts, accounts })
}
