import type { Reply } from '../bson/reply.ts'

/** Encoded documents; undefined is a breath, at which others may have their turn. */
export type Source = Iterator<Buffer | undefined>
type Cursor = { ns: string; source: Source; remaining: number; used: number }
export type Stream = {
  /** The next events: those that are there, or the first to come within the time. */
  next(count: number, waitMs: number, alive: () => boolean): Promise<{ documents: Buffer[]; token: string; ended: boolean }>
}
export type StreamCursor = { ns: string; stream: Stream; used: number }
export type Cursors = Map<bigint, Cursor | StreamCursor>

const BATCH_BYTES = 16 * 1024 * 1024
const TURN_MS = 8
const IDLE_MS = 600_000

let lastId = BigInt(Date.now()) << 20n

export const nextCursorId = () => ++lastId

let quiet = false

/** Lets nobody have a turn while something runs that others may not see. */
export const withoutBreath = async <T>(work: () => Promise<T> | T): Promise<T> => {
  quiet = true
  try {
    return await work()
  } finally {
    quiet = false
  }
}

/** Lets other connections have their turn when this one has taken long enough. */
export const breather = () => {
  let start = performance.now()
  let checks = 0
  return {
    due: () => !quiet && ++checks % 16 === 0 && performance.now() - start >= TURN_MS,
    out: async () => {
      await new Promise(resolve => setImmediate(resolve))
      start = performance.now()
    },
  }
}

type Filled = { documents: Buffer[]; ended: boolean }

/** The next documents of a cursor, as many as fit in a batch; at once where that does not take long. */
export const fill = (cursor: Cursor, count: number): Filled | Promise<Filled> => {
  const breathe = breather()
  const documents: Buffer[] = []
  let bytes = 0
  const more = (): Filled | Promise<Filled> => {
    while (documents.length < count && bytes < BATCH_BYTES && cursor.remaining > 0) {
      const { value, done } = cursor.source.next()
      if (done) return { documents, ended: true }
      if (value) {
        documents.push(value)
        bytes += value.length
        cursor.remaining--
      }
      if (breathe.due()) return breathe.out().then(more)
    }
    return { documents, ended: cursor.remaining === 0 }
  }
  return more()
}

type Opening = { ns: string; source: Source; limit?: number; batchSize?: number | undefined; single?: boolean }

/** The reply with the first batch of a new cursor, which stays open only when there may be more. */
export const openCursor = (
  cursors: Cursors,
  { ns, source, limit = 0, batchSize = 101, single = false }: Opening,
): Reply | Promise<Reply> => {
  // What is read of a transaction is undone before the next batch is asked for.
  const held = quiet ? [...{ [Symbol.iterator]: () => source }].filter(document => document !== undefined).values() : source
  const cursor = { ns, source: held, remaining: limit || Number.POSITIVE_INFINITY, used: Date.now() }
  const reply = ({ documents, ended }: Filled): Reply => {
    const id = ended || single ? 0n : nextCursorId()
    if (id > 0n) cursors.set(id, cursor)
    return { doc: {}, batch: { field: 'firstBatch', documents, id, ns } }
  }
  const filled = fill(cursor, batchSize)
  return filled instanceof Promise ? filled.then(reply) : reply(filled)
}

/** Forgets cursors that nobody has read from for ten minutes. */
export const dropIdle = (cursors: Cursors, now: number) => {
  for (const [id, { used }] of cursors) if (now - used > IDLE_MS) cursors.delete(id)
}
