import type { Publisher } from '../cloud/publisher.ts'
import type { Store } from '../store/collection.ts'
import { clearSent, type OutboxMessage, type WithOutbox, waitingMessages } from '../store/outbox.ts'
import { crashPoint } from './crash-points.ts'

/** A collection and an ordering key under which messages wait there. */
export interface Waiting {
  holder: WithOutbox
  ordering_key: string
}

export type Flush = (waiting: Waiting) => Promise<void>

/**
 * Sends what waits in a collection under one ordering key, oldest first, then clears it. A message may go out twice (a process may die
 * between the two), never out of order. Calls that come while one runs share the next run.
 */
export function outboxFlusher(store: Store, publisher: Publisher): Flush {
  const running = new Map<string, { current: Promise<void>; next: Promise<void> | null }>()

  const flushOnce = async ({ holder, ordering_key }: Waiting) => {
    const messages = await waitingMessages(store, holder, ordering_key)
    if (messages.length === 0) return
    await Promise.all(messages.map(message => publisher.publish(publicationOf(message))))
    crashPoint('outbox:published')
    await clearSent(store, holder, { ordering_key, ids: messages.map(({ id }) => id) })
  }

  const start = (key: string, waiting: Waiting): Promise<void> => {
    const current = flushOnce(waiting).finally(() => {
      if (running.get(key)?.next === null) running.delete(key)
    })
    running.set(key, { current, next: null })
    return current
  }

  return waiting => {
    const key = `${waiting.holder.name}\n${waiting.ordering_key}`
    const run = running.get(key)
    if (!run) return start(key, waiting)
    // What is running may have read before our document was written; one more run covers everybody who asks meanwhile.
    run.next ??= run.current.catch(() => undefined).then(() => start(key, waiting))
    return run.next
  }
}

const publicationOf = ({ topic, ordering_key, attributes, data }: OutboxMessage) => ({
  topic,
  ordering_key,
  attributes,
  data: Buffer.from(data),
})
