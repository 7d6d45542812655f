import { type Check, deny, sized } from './check.ts'

/** Denies an entry that cannot be valued: unknown instrument, no exchange rate, or no price. */
export const priced: Check = (proposed, { leg, state: { account, rates }, instrument, price, fx, deployed }) => {
  if (!instrument) return deny('UNKNOWN_INSTRUMENT', { instrument_id: leg.instrument_id })
  if (!fx) return deny('FX_UNAVAILABLE', { currency: instrument.currency })
  if (account && !rates.has(account.currency)) return deny('FX_UNAVAILABLE', { currency: account.currency })
  if (!price?.gt(0)) return deny('PRICE_UNAVAILABLE', { instrument_id: leg.instrument_id })
  if (!deployed) return deny('PRICE_UNAVAILABLE', { positions: 'a held instrument has no price or rate' })
  return sized(proposed, { price: price.toString(), fx: fx.toString() })
}
