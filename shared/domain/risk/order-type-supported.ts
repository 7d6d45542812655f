import { entryType } from '../order/entry-type.ts'
import { type Check, deny, sized } from './check.ts'

/** Denies an entry of a kind that the account's broker does not take. */
export const orderTypeSupported: Check = (proposed, { leg, state: { capabilities } }) => {
  const order_type = entryType(leg)
  const { time_in_force } = leg
  const taken = capabilities.order_types.includes(order_type) && capabilities.times_in_force.includes(time_in_force)
  if (taken) return sized(proposed, { order_type, time_in_force })
  const { order_types, times_in_force } = capabilities
  return deny('UNSUPPORTED_ORDER_TYPE', { order_type, time_in_force, taken: [...order_types, ...times_in_force].join(' ') })
}
