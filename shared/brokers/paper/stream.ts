import { setTimeout as wait } from 'node:timers/promises'
import { livePaperOrdersOf, type PaperOrder, paperOrderOf } from '../../store/paper-book.ts'
import type { StreamReport } from '../broker.ts'
import { finishOrder } from './finish-order.ts'
import type { Venue } from './place-order.ts'
import { reported } from './reported.ts'
import { freshQuotes, workNow } from './work-now.ts'

const LOOK_EVERY_MS = 250
/** However many orders wait, looking at them may take no more than this part of a process. */
const SHARE = 0.1
/** But never less often than the supervisor does. */
const SELDOM_MS = 2_000
const ALIVE_EVERY_MS = 5_000

const keyOf = ({ account_id, client_order_id }: PaperOrder): string => `${account_id} ${client_order_id}`

/**
 * Works the waiting orders of accounts against the market and tells of each that moved, whoever moved it. What fills on arrival is told by
 * the answer to its request, and not here again.
 */
export function streamOrders(venue: Venue, accounts: readonly string[], onReport: (report: StreamReport) => void): () => Promise<void> {
  const ending = new AbortController()
  const running = follow(venue, accounts, { onReport, ending: ending.signal })
  return async () => {
    ending.abort()
    await running
  }
}

interface Following {
  onReport: (report: StreamReport) => void
  ending: AbortSignal
}

async function follow(venue: Venue, accounts: readonly string[], { onReport, ending }: Following): Promise<void> {
  const waiting = new Map<string, PaperOrder>()
  let alive = Number.NEGATIVE_INFINITY
  while (!ending.aborted) {
    const began = performance.now()
    // A book that cannot be read now is read again; who follows sees by the silence that it lasts.
    const looked = await lookOnce(venue, accounts, { waiting, onReport }).catch(() => false)
    if (looked && began - alive > ALIVE_EVERY_MS) {
      alive = began
      onReport({ kind: 'status', status: 'CONNECTED' })
    }
    const took = performance.now() - began
    await wait(Math.min(Math.max(LOOK_EVERY_MS - took, took / SHARE), SELDOM_MS), undefined, { signal: ending }).catch(() => undefined)
  }
}

interface Looking extends Pick<Following, 'onReport'> {
  /** As they were told last. */
  waiting: Map<string, PaperOrder>
}

async function lookOnce(venue: Venue, accounts: readonly string[], { waiting, onReport }: Looking): Promise<true> {
  const quotes = freshQuotes(venue)
  const live = await livePaperOrdersOf(venue.store, accounts)
  const gone = new Map(waiting)
  for (const order of live) {
    gone.delete(keyOf(order))
    const after = order.status === 'WORKING' ? await workNow(venue, order, quotes) : await finishOrder(venue, order)
    tell(after, waiting.get(keyOf(order)) ?? order, { waiting, onReport })
  }
  for (const before of gone.values()) {
    const after = await paperOrderOf(venue.store, before)
    waiting.delete(keyOf(before))
    if (after) tell(after, before, { waiting, onReport })
  }
  return true
}

function tell(after: PaperOrder, before: PaperOrder, { waiting, onReport }: Looking): void {
  if (after.status === 'WORKING' || after.status === 'ACCEPTED') waiting.set(keyOf(after), after)
  if (after.version !== before.version) onReport({ kind: 'order', order: reported(after) })
}
