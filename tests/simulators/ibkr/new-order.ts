import type { SimContract } from './contracts.ts'
import type { PlaceMessage } from './requests.ts'
import type { SimAccount, SimOrder } from './state.ts'

export interface Refusal {
  code: number
  message: string
  json?: string
}

/** Why the gateway does not take an order, as it says it; null where it does. */
export function refusalOf(
  message: PlaceMessage,
  contract: SimContract | undefined,
  accounts: ReadonlyMap<string, SimAccount>,
): Refusal | null {
  if (!contract) return { code: 200, message: 'No security definition has been found for the request' }
  if (!accounts.has(message.account)) return { code: 435, message: 'You must specify an account.' }
  const prices = [message.limit, message.order_type === 'TRAIL' ? '' : message.aux].filter(price => Number(price) > 0)
  const tick = Number(contract.min_tick)
  if (prices.some(price => Math.abs(Number(price) / tick - Math.round(Number(price) / tick)) > 1e-6))
    return { code: 110, message: 'The price does not conform to the minimum price variation for this contract.' }
  return null
}

/** What a message says of an order, and may change of one. */
export const termsOf = (message: PlaceMessage) => ({
  ...{ action: message.action, quantity: message.quantity, order_type: message.order_type, limit: message.limit, aux: message.aux },
  ...{ tif: message.tif, oca_group: message.oca_group, oca_type: message.oca_type, order_ref: message.order_ref },
  ...{ transmit: message.transmit, parent_id: message.parent_id, good_till: message.good_till, account: message.account },
  ...{ trail_stop: message.trail_stop, trail_percent: message.trail_percent },
})

export const newOrder = (message: PlaceMessage, contract: SimContract): Omit<SimOrder, 'client_id' | 'perm_id' | 'parent_perm_id'> => ({
  ...termsOf(message),
  order_id: message.order_id,
  contract,
  status: 'PendingSubmit',
  filled: '0',
  avg_price: '0',
  last_price: '0',
  why_held: '',
  completed_at: '',
  completed_status: '',
  triggered: false,
})
