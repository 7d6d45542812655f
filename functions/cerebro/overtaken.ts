import { firstRung } from '../../shared/domain/decision/order-ids.ts'
import { strictest } from '../../shared/domain/decision/state.ts'
import type { StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ledgerOf } from '../../shared/store/margin-ledger.ts'
import { openPositionsOf } from '../../shared/store/positions.ts'
import { readSettings } from '../../shared/store/settings.ts'

/**
 * Whether what a decision waits for ended between our reading and our writing: whoever ended it found nobody waiting, so that nobody else
 * will ask again. Its own orders are not among it: they go out after it is written.
 */
export async function isOvertaken(store: Store, decision: StoredDecision): Promise<boolean> {
  const { legs, orders, waiting_for } = decision
  if (legs.some(({ reason_code }) => reason_code === 'KILL_SWITCH') && legs.some(leg => leg.decision === 'HELD')) {
    return haltEnded(store, decision)
  }
  const own = new Set(orders.map(({ order_id }) => order_id))
  const others = waiting_for.filter(order_id => !own.has(order_id))
  return others.length > 0 && !(await anyPending(store, decision, others))
}

async function haltEnded(store: Store, { account_id, strategy_id }: StoredDecision): Promise<boolean> {
  const { kill_switch } = await readSettings(store)
  const { fund, accounts, strategies } = kill_switch
  return strictest({ fund, account: accounts[account_id ?? ''] ?? 'ACTIVE', strategy: strategies[strategy_id] ?? 'ACTIVE' }) !== 'HALTED'
}

/** Entries that hold margin live, and exits that hold a claim, have not ended. */
async function anyPending(store: Store, { trading_mode, strategy_id }: StoredDecision, order_ids: string[]): Promise<boolean> {
  const [ledger, positions] = await Promise.all([
    ledgerOf(store, trading_mode),
    openPositionsOf(store, strategy_id, trading_mode === 'SHADOW'),
  ])
  const live = ledger?.reservations.filter(({ state }) => state === 'live').map(({ order_id }) => order_id) ?? []
  const claims = positions.flatMap(({ closing }) => closing.map(({ order_id }) => firstRung(order_id)))
  return [...live, ...claims].some(order_id => order_ids.includes(order_id))
}
