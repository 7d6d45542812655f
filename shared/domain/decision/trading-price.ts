import type { Decimal } from '../money/decimal.ts'
import type { LegIntent } from './intent.ts'
import type { DecisionState } from './state.ts'

/** What a leg would trade at now: the ask for a BUY, the bid for a SELL, else what the signal says (CER-2b). */
export function tradingPrice({ instrument_id, action, price }: LegIntent, { quotes }: DecisionState): Decimal | null {
  const quote = quotes.get(instrument_id)
  return quote ? (action === 'BUY' ? quote.ask : quote.bid) : price
}
