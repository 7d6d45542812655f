import type { MarginPool, WorkingEntry } from '../../shared/domain/decision/state.ts'
import { type Decimal, ZERO } from '../../shared/domain/money/decimal.ts'
import type { MarginLedger } from '../../shared/store/margin-ledger.ts'

interface Whose {
  account_id: string | null
  strategy_id: string
  signal_id: string
}

interface LedgerView {
  pool: MarginLedger['accounts'][string] | null
  fund: MarginPool | null
  /** The strategy's entries that may still fill, but for the signal's own. */
  working: WorkingEntry[]
  /** What the signal itself has reserved: by order id, in units. */
  reserved: Map<string, Decimal>
}

/** What a ledger tells one signal. */
export const ledgerView = (ledger: MarginLedger | null, { account_id, strategy_id, signal_id }: Whose): LedgerView => ({
  pool: ledger?.accounts[account_id ?? ''] ?? null,
  fund: ledger && { ...ledger.fund, cash: ZERO },
  working: entriesOf(ledger, strategy_id).filter(entry => entry.signal_id !== signal_id),
  reserved: new Map(
    (ledger?.reservations ?? []).filter(each => each.signal_id === signal_id).map(({ order_id, quantity }) => [order_id, quantity]),
  ),
})

/** A strategy's entries that may still fill: they hold a live reservation until then. */
export const entriesOf = (ledger: MarginLedger | null, strategy_id: string): WorkingEntry[] =>
  ledger?.reservations.filter(each => each.state === 'live' && each.strategy_id === strategy_id) ?? []
