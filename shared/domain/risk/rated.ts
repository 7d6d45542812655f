import { type Check, deny, sized } from './check.ts'

/** Denies an entry in an unknown instrument, or without an exchange rate for it or for its account. */
export const rated: Check = (proposed, { leg, state: { account, rates }, instrument, fx }) => {
  if (!instrument) return deny('UNKNOWN_INSTRUMENT', { instrument_id: leg.instrument_id })
  if (!fx) return deny('FX_UNAVAILABLE', { currency: instrument.currency })
  if (account && !rates.has(account.currency)) return deny('FX_UNAVAILABLE', { currency: account.currency })
  return sized(proposed, { currency: instrument.currency, fx: fx.toString() })
}
