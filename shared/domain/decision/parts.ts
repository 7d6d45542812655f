import { sum } from '../money/decimal.ts'
import type { LegIntent, SignalIntent } from './intent.ts'
import type { DecisionState } from './state.ts'

/** One thing to decide: a leg, or the half of a leg that opens the other side after its exit. */
export interface Part {
  /** Which of the signal's legs. */
  leg: number
  signal_type: 'ENTRY' | 'EXIT'
  /** Opens the other side of what the same leg closes. */
  reverses: boolean
}

/**
 * What a signal asks for, in the order of its legs. A leg whose sender does not say is an exit where it is against what the strategy holds, or
 * where `position_after` tells that the sender closes. Its first leg is a reversal, an exit plus an entry, only where there is something to
 * close and `position_after` has the other sign (CER-7); the entry then comes last.
 */
export function partsOf(signal: SignalIntent, state: DecisionState): Part[] {
  const parts = signal.legs.map(
    (leg, index): Part => ({
      leg: index,
      signal_type: leg.signal_type ?? (index === 0 && onlyReduces(signal, leg) ? 'EXIT' : inferredType(leg, state)),
      reverses: false,
    }),
  )
  const [first, ...others] = parts
  const leg = signal.legs[0]
  if (!first || !leg || !endsOnOwnSide(signal, leg) || !opposes(leg, state)) return parts
  return [{ ...first, signal_type: 'EXIT' }, ...others, { leg: 0, signal_type: 'ENTRY', reverses: true }]
}

/** A sender who is not long after a BUY, or not short after a SELL, has closed something: whatever we hold, nothing may be opened for it. */
const onlyReduces = (signal: SignalIntent, leg: LegIntent): boolean => signal.position_after !== null && !endsOnOwnSide(signal, leg)

/** Whether the sender expects to be long after this BUY, or short after this SELL. */
const endsOnOwnSide = ({ position_after }: SignalIntent, { action }: LegIntent): boolean =>
  position_after !== null && !position_after.isZero() && position_after.isPositive() === (action === 'BUY')

/** Whether the strategy holds, or is about to hold, the other side of a leg. */
export function opposes(
  { instrument_id, action }: Pick<LegIntent, 'instrument_id' | 'action'>,
  { positions, working }: DecisionState,
): boolean {
  const held = positions.some(
    ({ instrument_id: id, quantity }) => id === instrument_id && !quantity.isZero() && quantity.isPositive() === (action === 'SELL'),
  )
  return held || working.some(entry => entry.instrument_id === instrument_id && entry.action !== action)
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
