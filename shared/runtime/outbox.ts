import type { Publisher } from '../cloud/publisher.ts'
import type { Store } from '../store/collection.ts'
import { clearSent, type OutboxMessage, type WithOutbox, waitingMessages } from '../store/outbox.ts'
import { crashPoint } from './crash-points.ts'
import { errorText, writeLog } from './log.ts'

/** Messages to send: those of a document that was just written, or whatever waits under an ordering key. */
export type Waiting = { holder: WithOutbox; messages: readonly OutboxMessage[] } | { holder: WithOutbox; ordering_key: string }

export type Flush = (waiting: Waiting) => Promise<void>

/** Sent messages are taken out of their documents together, this long after the first: until then they may be sent again, never lost. */
const CLEAR_AFTER_MS = 100

/**
 * Sends what waits, oldest first, then clears it. A message may go out twice (a process may die between the two), never out of order.
 * Calls for a key that come while one runs share the next run.
 */
export function outboxFlusher(store: Store, publisher: Publisher): Flush {
  const clear = clearer(store)
  const send = async (holder: WithOutbox, messages: readonly OutboxMessage[]) => {
    await Promise.all(messages.map(message => publisher.publish(publicationOf(message))))
    crashPoint('outbox:published')
    clear.add(holder, messages)
  }
  const sendWaiting = sharedRuns(async ({ holder, ordering_key }) => {
    const messages = await waitingMessages(store, holder, ordering_key)
    await send(
      holder,
      messages.filter(({ id }) => !clear.isSent(id)),
    )
  })
  return waiting => ('messages' in waiting ? send(waiting.holder, waiting.messages) : sendWaiting(waiting))
}

type Keyed = Extract<Waiting, { ordering_key: string }>

function sharedRuns(run: (waiting: Keyed) => Promise<void>): (waiting: Keyed) => Promise<void> {
  const running = new Map<string, { current: Promise<void>; next: Promise<void> | null }>()
  const start = (key: string, waiting: Keyed): Promise<void> => {
    const current = run(waiting).finally(() => {
      if (running.get(key)?.next === null) running.delete(key)
    })
    running.set(key, { current, next: null })
    return current
  }
  return waiting => {
    const key = `${waiting.holder.name}\n${waiting.ordering_key}`
    const active = running.get(key)
    if (!active) return start(key, waiting)
    // What is running may have read before our document was written; one more run covers everybody who asks meanwhile.
    active.next ??= active.current.catch(() => undefined).then(() => start(key, waiting))
    return active.next
  }
}

function clearer(store: Store) {
  const sent = new Map<string, { holder: WithOutbox; ordering_key: string }>()
  let timer: NodeJS.Timeout | null = null
  const clearAll = async () => {
    timer = null
    const batches = Map.groupBy(sent, ([, { holder }]) => holder)
    for (const [holder, entries] of batches) {
      const ids = entries.map(([id]) => id)
      try {
        await clearSent(store, holder, { ordering_keys: [...new Set(entries.map(([, { ordering_key }]) => ordering_key))], ids })
      } catch (error) {
        // Left where they are, they are sent once more by the sweep; whoever reads them has them already.
        writeLog('WARNING', 'sent messages not cleared', { collection: holder.name, error: errorText(error) })
      }
      for (const id of ids) sent.delete(id)
    }
  }
  return {
    isSent: (id: string) => sent.has(id),
    add: (holder: WithOutbox, messages: readonly OutboxMessage[]) => {
      for (const { id, ordering_key } of messages) sent.set(id, { holder, ordering_key })
      if (timer === null && messages.length > 0) timer = setTimeout(clearAll, CLEAR_AFTER_MS)
    },
  }
}

const publicationOf = ({ topic, ordering_key, attributes, data }: OutboxMessage) => ({
  topic,
  ordering_key,
  attributes,
  data: Buffer.from(data),
})
