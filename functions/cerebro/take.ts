import type { CalculationStep, LegDecision } from '../../shared/domain/decision/intent.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { now as clock } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Grant, type Left, type Reservation, reserve } from '../../shared/store/margin-ledger.ts'
import { claimQuantity } from '../../shared/store/positions.ts'
import type { LoadedState, Sources } from './load-state.ts'

interface Taking {
  signal: StandardizedSignal
  loaded: LoadedState
  legs: LegDecision[]
  now: Date
}

/**
 * Reserves the margin of a decision's entries before it is stored. Tells what came of it, line by line; null where the state moved meanwhile.
 */
export async function takeMargin({ store, turns }: Pick<Sources, 'store' | 'turns'>, taking: Taking): Promise<CalculationStep[] | null> {
  const { signal, loaded } = taking
  const reservations = reservationsOf(taking)
  const { account_id } = reservations[0] ?? {}
  if (account_id === undefined || loaded.state.reserved.size > 0) return []
  const after = loaded.ledger?.grants ?? 0
  const amount = sum(reservations.map(each => each.amount))
  const amount_fund = sum(reservations.map(each => each.amount_fund))
  const cash = sum(reservations.map(each => each.cash))
  const grant = { after, account_id, signal_id: signal.signal_id, amount, amount_fund, cash, reservations, at: clock() }
  const left = await reserve(store, loaded.mode, grant)
  if (!left) return null
  turns.granted(loaded.mode, { number: after + 1, reservations })
  crashPoint('cerebro:reserved')
  return [reservedStep(grant, left)]
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

interface Reserving extends Omit<Taking, 'loaded'> {
  loaded: Pick<LoadedState, 'state'>
}

/** The reservations of a decision as the ledger keeps them. */
export function reservationsOf({ signal, loaded: { state }, legs, now }: Reserving): Reservation[] {
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

/** Claims what a decision's exits close, on the positions; false where one of them moved meanwhile. */
export async function claimQuantities(store: Store, { loaded, legs, now }: Omit<Taking, 'signal'>): Promise<boolean> {
  const byInstrument = Map.groupBy(
    legs.flatMap(leg => leg.claims),
    ({ instrument_id }) => instrument_id,
  )
  for (const [instrument_id, claims] of byInstrument) {
    const position = loaded.positions.find(held => held.instrument_id === instrument_id)
    const taken = claims.map(({ order_id, quantity }) => ({ order_id, quantity, at: now }))
    if (!position || !(await claimQuantity(store, position, taken))) return false
  }
  crashPoint('cerebro:claimed')
  return true
}
