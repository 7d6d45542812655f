import type { Store } from '../../store/collection.ts'
import {
  bookedAmong,
  clearPendingPaperFills,
  livePaperOrders,
  type PaperAccount,
  type PaperOrder,
  paperAccountOf,
  paperOrderOf,
  recordPaperFills,
  replacePaperBook,
  unbookedFills,
} from '../../store/paper-book.ts'
import { bookOrder } from './book-order.ts'
import type { InTurn } from './turns.ts'

export interface Book {
  store: Store
  /** One queue an account, so that workers of this process do not contend. */
  inTurn: InTurn
  /** Named lines between which the process may die. */
  crashPoint: (name: 'paper:accepted' | 'paper:account-updated') => void
}

const idsOf = (order: PaperOrder) => unbookedFills(order).map(({ execution_id }) => execution_id)

/**
 * Brings the fills of an ACCEPTED order into its account, once, however many workers try.
 *
 * The account is read before the order's mark, and the write is conditional on the account's version: had another worker applied the fills
 * before that read, they would be in `pending_fills` or the order would be FILLED; had it applied them after, the version would differ.
 * @param before the account as read before the order was inserted, which makes the first attempt need no read
 */
export async function applyFills({ store, crashPoint }: Book, order: PaperOrder, before?: PaperAccount): Promise<void> {
  for (let account = before; ; account = undefined) {
    if (!account) {
      account = (await paperAccountOf(store, order.account_id)) ?? undefined
      const marked = await paperOrderOf(store, order)
      if (!account || marked?.status !== 'ACCEPTED' || marked.booked !== order.booked || isApplied(account, order)) return
    }
    if (await replacePaperBook(store, account, bookOrder(account, order), idsOf(order))) return crashPoint('paper:account-updated')
  }
}

const isApplied = ({ pending_fills }: PaperAccount, order: PaperOrder): boolean => {
  const pending = new Set(pending_fills)
  return idsOf(order).some(id => pending.has(id))
}

/** Finishes an order that somebody left ACCEPTED. */
export async function finishOrder(book: Book, order: PaperOrder): Promise<PaperOrder> {
  if (order.status !== 'ACCEPTED') return order
  await book.inTurn(order.account_id, () => applyFills(book, order))
  await recordPaperFills(book.store, order)
  return booked(order)
}

/** An order whose decided fills are all in the book. */
export const booked = (order: PaperOrder): PaperOrder =>
  order.status === 'ACCEPTED' ? { ...order, status: order.after, booked: order.fills.length, version: order.version + 1 } : order

/** The account with every accepted order finished and every waiting one worked, or null where it is not open. */
export async function settledAccount(
  book: Book,
  account_id: string,
  work: (order: PaperOrder) => Promise<unknown>,
): Promise<PaperAccount | null> {
  const { store } = book
  for (const order of await livePaperOrders(store, account_id)) await (order.status === 'ACCEPTED' ? finishOrder(book, order) : work(order))
  const account = await paperAccountOf(store, account_id)
  if (account && account.pending_fills.length > 0) await clearLeftovers(store, account)
  return account
}

/** Fills stay on the list where a worker died after it had marked the order. */
const clearLeftovers = async (store: Store, { account_id, pending_fills }: PaperAccount): Promise<void> => {
  const done = await bookedAmong(store, account_id, pending_fills)
  if (done.length > 0) await clearPendingPaperFills(store, account_id, done)
}
