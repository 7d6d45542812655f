import { decideEntries } from './decide-entries.ts'
import { decideExit } from './decide-exit.ts'
import type { Asked, Deciding } from './deciding.ts'
import { type EarlierDecision, isOpen } from './earlier.ts'
import { comparePositions } from './expected-position.ts'
import type { LegDecision, SignalIntent } from './intent.ts'
import { partOrderId } from './order-ids.ts'
import { partsOf } from './parts.ts'
import type { DecisionState } from './state.ts'

export interface DecideQuestion {
  signal: SignalIntent
  state: DecisionState
  now: Date
  /** Name of a version that decides in shadow: its orders carry it. */
  shadow?: string | null
  /** What is decided again, where something of it waits; its other parts are final. */
  earlier?: EarlierDecision | null
}

/**
 * What becomes of each part of a signal, in order. Exits are decided first and depend on nothing; entries are approved whole or denied
 * whole (CER-8), and wait together where one of them must. Pure: nothing is reserved, claimed or stored by it.
 */
export function decide({ signal, state, now, shadow = null, earlier = null }: DecideQuestion): LegDecision[] {
  const parts = earlier?.parts ?? partsOf(signal, state)
  const asked = parts
    .map((part, index): Asked => ({ part, index, order_id: partOrderId(signal.signal_id, index, shadow) }))
    .filter(({ index, order_id }) => earlier === null || isOpen(earlier, index, order_id))
  const deciding = { signal, state, now, parts, shadow, earlier }
  const exits = decideExits(
    deciding,
    asked.filter(({ part }) => part.signal_type === 'EXIT'),
  )
  const entries = decideEntries(
    deciding,
    asked.filter(({ part }) => part.signal_type === 'ENTRY'),
    exits,
  )
  const decided = [...exits, ...entries].sort((one, other) => one.part - other.part)
  const compared = earlier ? null : comparePositions(signal, state)
  const [first, ...others] = decided
  return compared && first ? [{ ...first, calculation: [compared, ...first.calculation] }, ...others] : decided
}

function decideExits({ signal, state, earlier }: Deciding, asked: readonly Asked[]): LegDecision[] {
  const decided: LegDecision[] = []
  let left = state
  for (const { part, index, order_id } of asked) {
    const decision = decideExit({ signal, part, index, state: left, order_id, earlier })
    left = withClaims(left, decision)
    decided.push(decision)
  }
  return decided
}

/** What is left of the positions for the next exit of the same signal. */
const withClaims = (state: DecisionState, { claims }: LegDecision): DecisionState =>
  claims.length === 0
    ? state
    : {
        ...state,
        positions: state.positions.map(held => ({
          ...held,
          closing: [
            ...held.closing.filter(({ order_id }) => !claims.some(claim => claim.order_id === order_id)),
            ...claims.filter(({ instrument_id }) => instrument_id === held.instrument_id),
          ],
        })),
      }
