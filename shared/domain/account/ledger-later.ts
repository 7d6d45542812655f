import type { Decimal } from '../money/decimal.ts'

interface Held {
  order_id: string
  state: 'live' | 'filled_unsynced'
  quantity: Decimal
  at: Date
}

interface Ledger<R> {
  accounts: Record<string, { as_of: Date }>
  reservations: R[]
}

/**
 * A ledger that was read after the positions it is used with: what filled since may be in neither, so that it counts as if it worked still.
 * @param before the ledger that was read before the positions
 * @returns null where an account was read at its broker in between: what that reading shows has left the ledger
 */
export function ledgerLater<R extends Held, L extends Ledger<R>>(before: L & Ledger<R>, later: L & Ledger<R>): (L & Ledger<R>) | null {
  const readAt = ({ accounts }: Ledger<R>, account_id: string) => accounts[account_id]?.as_of.getTime()
  if (Object.keys(later.accounts).some(id => readAt(before, id) !== readAt(later, id))) return null
  const filled = new Set(before.reservations.filter(({ state }) => state === 'filled_unsynced').map(keyOf))
  const asSeen = (held: R): R => (held.state === 'live' || filled.has(keyOf(held)) ? held : { ...held, state: 'live' })
  return { ...later, reservations: later.reservations.map(asSeen) }
}

/** An order may fill in parts, each at its own time. */
const keyOf = ({ order_id, quantity, at }: Held): string => `${order_id} ${quantity} ${at.getTime()}`
