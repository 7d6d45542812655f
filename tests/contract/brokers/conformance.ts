import { accountsConform } from './conformance/accounts.ts'
import { fillsConform } from './conformance/fills.ts'
import { ordersConform } from './conformance/orders.ts'
import { outcomesConform } from './conformance/outcomes.ts'
import type { Venue } from './conformance/venue.ts'

/** What every adapter must do, run over a simulator that speaks the broker's own protocol. */
export function conformance(name: string, open: () => Promise<Venue>): void {
  ordersConform(name, open)
  outcomesConform(name, open)
  fillsConform(name, open)
  accountsConform(name, open)
}
