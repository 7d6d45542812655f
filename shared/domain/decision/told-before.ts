import { type Decimal, ZERO } from '../money/decimal.ts'
import type { LegIntent } from './intent.ts'

interface Told {
  legs: readonly Pick<LegIntent, 'instrument_id' | 'action' | 'requested_quantity' | 'signal_type'>[]
  /** Of the first leg's instrument. */
  position_after: Decimal | null
}

/**
 * What a sender holds in an instrument after the signals that they sent: the last position that they told, and what they asked for since. Who
 * never told one began with nothing.
 * @param signals with a leg in the instrument, newest first
 * @param all whether they are all that were ever sent
 * @returns units, signed; null where a quantity is missing, or nothing was sent
 */
export function toldBefore(signals: readonly Told[], { instrument_id, all }: { instrument_id: string; all: boolean }): Decimal | null {
  let since = ZERO
  for (const { legs, position_after } of signals) {
    if (position_after !== null && legs[0]?.instrument_id === instrument_id) return since.plus(position_after)
    for (const leg of legs.filter(each => each.instrument_id === instrument_id)) {
      if (leg.requested_quantity === null) return null
      since = leg.action === 'BUY' ? since.plus(leg.requested_quantity) : since.minus(leg.requested_quantity)
    }
  }
  return all && signals.length > 0 ? since : null
}
