import { type Decimal, sum } from '../money/decimal.ts'
import type { CalculationStep, LegIntent, SignalIntent } from './intent.ts'
import type { DecisionState } from './state.ts'

type Side = 'LONG' | 'SHORT' | 'FLAT'

const sideOf = (quantity: Decimal): Side => (quantity.isZero() ? 'FLAT' : quantity.isPositive() ? 'LONG' : 'SHORT')

/**
 * Whether the sender stood where we stand before this signal, as far as `position_after` tells; sizes are ours, so that only sides are
 * compared. A difference means that a signal was missed, or that one of theirs was denied.
 * @returns a line for the calculation, `differs` or `agrees`; null where the sender said nothing to compare
 */
export function comparePositions(signal: SignalIntent, state: DecisionState): CalculationStep | null {
  const { position_after, legs } = signal
  const [leg] = legs
  if (position_after === null || !leg) return null
  const before = senderBefore(signal, state)
  const theirs = before ? sideOf(before) : sideBefore(leg, position_after)
  const ours = ownPosition(leg, state)
  const lot = state.instruments.get(leg.instrument_id)?.lot
  // What is less than a lot cannot be closed: it counts as nothing.
  const side = lot && ours.abs().lt(lot) ? 'FLAT' : sideOf(ours)
  const differs = theirs !== null && theirs !== side
  return {
    step: 'position_after',
    result: differs ? 'differs' : 'agrees',
    figures: {
      sender_after: position_after.toString(),
      sender_before: theirs ?? 'not told',
      ours_before: side,
      ours: ours.toString(),
    },
  }
}

/**
 * What the sender held in the instrument of their first leg before this signal: what they hold after it less its quantity, or where they gave
 * none, what the signal before it said.
 * @returns units, signed; null where neither tells
 */
export function senderBefore({ position_after, legs: [leg] }: SignalIntent, { told_before }: DecisionState): Decimal | null {
  if (position_after === null || !leg) return null
  const { action, requested_quantity } = leg
  if (requested_quantity === null) return told_before ?? null
  return action === 'BUY' ? position_after.minus(requested_quantity) : position_after.plus(requested_quantity)
}

/** Where the sender stood, from where they will stand; null where an unknown quantity may have crossed zero. */
function sideBefore({ action }: LegIntent, after: Decimal): Side | null {
  if (!after.isZero() && after.isPositive() === (action === 'BUY')) return null
  return action === 'BUY' ? 'SHORT' : 'LONG'
}

/** What we will hold once all that works has filled: a sender counts a signal as done when it is sent. */
function ownPosition({ instrument_id }: LegIntent, { positions, working }: DecisionState): Decimal {
  const held = positions
    .filter(position => position.instrument_id === instrument_id)
    .flatMap(({ quantity, closing }) => [
      quantity,
      ...closing.map(claim => (quantity.isPositive() ? claim.quantity.neg() : claim.quantity)),
    ])
  const coming = working
    .filter(entry => entry.instrument_id === instrument_id)
    .map(entry => (entry.action === 'BUY' ? entry.quantity : entry.quantity.neg()))
  return sum([...held, ...coming])
}
