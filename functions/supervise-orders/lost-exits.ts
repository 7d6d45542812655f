import { now } from '../../shared/runtime/clock.ts'
import { decisionWithOrder, putOrderInOutbox } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { dropClaim, positionsWithClaims } from '../../shared/store/positions.ts'
import { orderById } from '../../shared/store/trading-orders.ts'

const LOST_AFTER_MS = 60_000

/**
 * Exits that claimed a quantity, but whose order never reached execution: an approved one is sent again from its decision, a claim that no
 * decision stands behind is given back. Returns the ordering keys of what must be sent.
 */
export async function resendLostExits(store: Store): Promise<string[]> {
  const at = now()
  const keys: string[] = []
  for (const position of await positionsWithClaims(store, new Date(at.getTime() - LOST_AFTER_MS))) {
    for (const claim of position.closing.filter(each => at.getTime() - each.at.getTime() > LOST_AFTER_MS)) {
      if (await orderById(store, claim.order_id)) continue
      const decision = await decisionWithOrder(store, claim.order_id)
      const order = decision?.orders.find(({ order_id }) => order_id === claim.order_id)
      if (!decision || !order) await dropClaim(store, position, claim.order_id)
      else keys.push(await putOrderInOutbox(store, { decision, order, at }))
    }
  }
  return [...new Set(keys)]
}
