import type { LegDecision } from '../../shared/domain/decision/intent.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Reservation, reserve } from '../../shared/store/margin-ledger.ts'
import { claimQuantity } from '../../shared/store/positions.ts'
import type { LoadedState } from './load-state.ts'

interface Taking {
  signal: StandardizedSignal
  loaded: LoadedState
  legs: LegDecision[]
  now: Date
}

/** Takes what a decision needs before it is stored: margin for entries, quantities for exits. False where the state moved meanwhile. */
export async function take(store: Store, taking: Taking): Promise<boolean> {
  const reserved = await takeMargin(store, taking)
  if (!reserved) return false
  crashPoint('cerebro:reserved')
  const claimed = await claimQuantities(store, taking)
  crashPoint('cerebro:claimed')
  return claimed
}

async function takeMargin(store: Store, { signal, loaded, legs, now }: Taking): Promise<boolean> {
  const reservations = reservationsOf({ signal, loaded, legs, now })
  const { account_id } = reservations[0] ?? {}
  if (account_id === undefined || loaded.state.reserved.size > 0) return true
  return reserve(store, loaded.state.trading_mode, {
    account_id,
    signal_id: signal.signal_id,
    amount: sum(reservations.map(({ amount }) => amount)),
    amount_fund: sum(reservations.map(({ amount_fund }) => amount_fund)),
    cash: sum(reservations.map(({ cash }) => cash)),
    reservations,
  })
}

/** The reservations of a decision as the ledger keeps them. */
export function reservationsOf({ signal, loaded: { state }, legs, now }: Taking): Reservation[] {
  const { account, fund } = state
  if (!account?.pool || !fund.pool) return []
  const { account_id, pool } = account
  const equity = { equity: pool.equity, equity_fund: fund.pool.equity }
  return legs
    .flatMap(leg => leg.reservations)
    .map(planned => ({
      ...planned,
      ...equity,
      signal_id: signal.signal_id,
      strategy_id: signal.strategy_id,
      account_id,
      state: 'live',
      at: now,
    }))
}

async function claimQuantities(store: Store, { loaded, legs, now }: Taking): Promise<boolean> {
  const byInstrument = Map.groupBy(
    legs.flatMap(leg => leg.claims),
    ({ instrument_id }) => instrument_id,
  )
  for (const [instrument_id, claims] of byInstrument) {
    const position = loaded.positions.find(held => held.instrument_id === instrument_id)
    const taken = claims.map(({ order_id, quantity }) => ({ order_id, quantity, at: now }))
    if (!position || !(await claimQuantity(store, position, taken))) return false
  }
  return true
}
