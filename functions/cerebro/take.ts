import type { CalculationStep, LegDecision } from '../../shared/domain/decision/intent.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Grant, type Left, type Reservation, reserve } from '../../shared/store/margin-ledger.ts'
import { claimQuantity } from '../../shared/store/positions.ts'
import type { LoadedState } from './load-state.ts'

interface Taking {
  signal: StandardizedSignal
  loaded: LoadedState
  legs: LegDecision[]
  now: Date
}

/**
 * Takes what a decision needs before it is stored: margin for entries, quantities for exits. Tells what came of it, line by line; null where
 * the state moved meanwhile.
 */
export async function take(store: Store, taking: Taking): Promise<CalculationStep[] | null> {
  const steps = await takeMargin(store, taking)
  if (!steps) return null
  crashPoint('cerebro:reserved')
  const claimed = await claimQuantities(store, taking)
  crashPoint('cerebro:claimed')
  return claimed ? steps : null
}

async function takeMargin(store: Store, { signal, loaded, legs, now }: Taking): Promise<CalculationStep[] | null> {
  const reservations = reservationsOf({ signal, loaded, legs, now })
  const { account_id } = reservations[0] ?? {}
  if (account_id === undefined || loaded.state.reserved.size > 0) return []
  const amount = sum(reservations.map(each => each.amount))
  const amount_fund = sum(reservations.map(each => each.amount_fund))
  const cash = sum(reservations.map(each => each.cash))
  const grant = { account_id, signal_id: signal.signal_id, amount, amount_fund, cash, reservations }
  const left = await reserve(store, loaded.mode, grant)
  return left && [reservedStep(grant, left)]
}

const reservedStep = ({ amount, amount_fund, reservations: [first] }: Grant, { free, free_fund }: Left): CalculationStep => ({
  step: 'reservation',
  result: 'granted',
  figures: {
    amount: amount.toString(),
    amount_fund: amount_fund.toString(),
    equity: first?.equity.toString() ?? '0',
    equity_fund: first?.equity_fund.toString() ?? '0',
    free_after: free.toString(),
    free_fund_after: free_fund.toString(),
  },
})

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
