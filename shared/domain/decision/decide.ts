import { sum, ZERO } from '../money/decimal.ts'
import { decideEntry } from './decide-entry.ts'
import { decideExit } from './decide-exit.ts'
import type { LegDecision, LegIntent, SignalIntent } from './intent.ts'
import type { DecisionState } from './state.ts'

export interface DecideQuestion {
  signal: SignalIntent
  state: DecisionState
  now: Date
  /** Orders that earlier rounds of this decision made. */
  earlierOrders?: number
  /** Decide exits anew and leave entries, which are final. */
  exitsOnly?: boolean
}

/**
 * What becomes of each leg, in the signal's order. Exits depend on nothing; entries are approved whole or denied whole (CER-8).
 * Pure: nothing is reserved, claimed or stored by it.
 */
export function decide({ signal, state, now, earlierOrders = 0, exitsOnly = false }: DecideQuestion): LegDecision[] {
  const types = signal.legs.map(leg => leg.signal_type ?? inferredType(leg, state))
  const shares = types.filter(type => type === 'ENTRY').length
  const decided: LegDecision[] = []
  let left = state
  for (const [leg, type] of types.entries()) {
    if (exitsOnly && type === 'ENTRY') continue
    const decision =
      type === 'EXIT' ? decideExit({ signal, leg, state, earlierOrders }) : decideEntry({ signal, leg, shares, state: left, now })
    left = withoutMargin(left, decision)
    decided.push(decision)
  }
  return shares > 1 ? wholeOrNothing(decided, state) : decided
}

/** The margin that is left for the next leg. */
function withoutMargin(state: DecisionState, { reservations }: LegDecision): DecisionState {
  const { account, fund } = state
  if (reservations.length === 0 || !account?.pool || !fund.pool) return state
  const free = account.pool.free.minus(sum(reservations.map(({ amount }) => amount)))
  const cash = account.pool.cash.minus(sum(reservations.map(reservation => reservation.cash)))
  const fundFree = fund.pool.free.minus(sum(reservations.map(({ amount_fund }) => amount_fund)))
  return {
    ...state,
    account: { ...account, pool: { ...account.pool, free, cash } },
    fund: { ...fund, pool: { ...fund.pool, free: fundFree } },
  }
}

/** A leg against what the strategy holds or is about to hold is an exit. */
function inferredType({ instrument_id, action }: LegIntent, { positions, working }: DecisionState): 'ENTRY' | 'EXIT' {
  const held = positions.filter(position => position.instrument_id === instrument_id).map(({ quantity }) => quantity)
  const coming = working
    .filter(entry => entry.instrument_id === instrument_id)
    .map(entry => (entry.action === 'BUY' ? entry.quantity : entry.quantity.neg()))
  const net = sum([...held, ...coming])
  if (net.isZero()) return 'ENTRY'
  return net.isPositive() === (action === 'SELL') ? 'EXIT' : 'ENTRY'
}

function wholeOrNothing(decided: LegDecision[], { reserved }: DecisionState): LegDecision[] {
  const entries = decided.filter(({ signal_type }) => signal_type === 'ENTRY')
  // What was reserved before was whole then, whatever prices make of the wanted size now.
  const cut = ({ position_size, wanted_quantity }: LegDecision) => reserved.size === 0 && position_size.lt(wanted_quantity)
  const failed = entries.find(leg => leg.decision !== 'APPROVED' || cut(leg))
  if (!failed) return decided
  const reason_code = failed.reason_code ?? 'MARGIN_EXCEEDED'
  const reason = `${reason_code}: legs enter together or not at all; leg ${failed.leg + 1}: ${failed.reason}`
  const nothing = { position_size: ZERO, value: ZERO, margin: ZERO, orders: [], reservations: [] }
  return decided.map(leg => (leg.signal_type === 'EXIT' ? leg : { ...leg, ...nothing, decision: 'DENIED', reason_code, reason }))
}
