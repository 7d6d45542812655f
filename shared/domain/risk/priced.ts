import { type Check, deny, sized } from './check.ts'

/** Denies an entry that nothing gives a price to be sized by, be it its own or that of something the strategy holds. */
export const priced: Check = (proposed, { leg, price, deployed }) => {
  if (!price?.gt(0)) return deny('PRICE_UNAVAILABLE', { instrument_id: leg.instrument_id })
  if (!deployed) return deny('PRICE_UNAVAILABLE', { positions: 'a held instrument has no price or rate' })
  return sized(proposed, { price: price.toString() })
}
