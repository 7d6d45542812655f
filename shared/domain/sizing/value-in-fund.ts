import type { DecisionState } from '../decision/state.ts'
import { notional } from '../instrument.ts'
import { type Decimal, ZERO } from '../money/decimal.ts'

interface Holding {
  instrument_id: string
  quantity: Decimal
  /** Null: the last one of the market. */
  price: Decimal | null
}

/** What a quantity is worth, in the fund's currency, ≥ 0; null where its price or rate is missing. */
export function valueInFund({ instruments, quotes, rates }: DecisionState, { instrument_id, quantity, price }: Holding): Decimal | null {
  if (quantity.isZero()) return ZERO
  const instrument = instruments.get(instrument_id)
  const at = price ?? quotes.get(instrument_id)?.last
  const fx = instrument && rates.get(instrument.currency)
  return instrument && at && fx ? notional(instrument, quantity, at).times(fx) : null
}
