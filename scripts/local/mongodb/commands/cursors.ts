import type { Batch } from '../bson/codec.ts'

/** Encoded documents; undefined is a breath, at which others may have their turn. */
export type Source = Iterator<Buffer | undefined>
type Cursor = { ns: string; source: Source; remaining: number; used: number }
export type Cursors = Map<bigint, Cursor>

const BATCH_BYTES = 16 * 1024 * 1024
const TURN_MS = 8
const IDLE_MS = 600_000

let lastId = BigInt(Date.now()) << 20n

/** Lets other connections have their turn when this one has taken long enough. */
export const breather = () => {
  let start = performance.now()
  let checks = 0
  return async () => {
    if (++checks % 16 !== 0 || performance.now() - start < TURN_MS) return
    await new Promise(resolve => setImmediate(resolve))
    start = performance.now()
  }
}

/** The next documents of a cursor, as many as fit in a batch. */
export const fill = async (cursor: Cursor, count: number): Promise<{ documents: Buffer[]; ended: boolean }> => {
  const breathe = breather()
  const documents: Buffer[] = []
  for (let bytes = 0; documents.length < count && bytes < BATCH_BYTES && cursor.remaining > 0; ) {
    const { value, done } = cursor.source.next()
    if (done) return { documents, ended: true }
    if (value) {
      documents.push(value)
      bytes += value.length
      cursor.remaining--
    }
    await breathe()
  }
  return { documents, ended: cursor.remaining === 0 }
}

/** Makes a cursor and its first batch; it stays open only when there may be more. */
export const openCursor = async (
  cursors: Cursors,
  {
    ns,
    source,
    limit = 0,
    batchSize = 101,
    single = false,
  }: { ns: string; source: Source; limit?: number; batchSize?: number; single?: boolean },
): Promise<Batch> => {
  const cursor = { ns, source, remaining: limit || Number.POSITIVE_INFINITY, used: Date.now() }
  const { documents, ended } = await fill(cursor, batchSize)
  const id = ended || single ? 0n : ++lastId
  if (id > 0n) cursors.set(id, cursor)
  return { field: 'firstBatch', documents, id, ns }
}

/** Forgets cursors that nobody has read from for ten minutes. */
export const dropIdle = (cursors: Cursors, now: number) => {
  for (const [id, { used }] of cursors) if (now - used > IDLE_MS) cursors.delete(id)
}
