import { Long } from 'bson'
import type { Batch } from '../bson/codec.ts'
import { isArray } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Command, countIn, namespace } from './context.ts'

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

const fill = async (cursor: Cursor, count: number): Promise<{ documents: Buffer[]; ended: boolean }> => {
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

const idOf = (value: unknown): bigint => (value instanceof Long ? value.toBigInt() : BigInt(Number(value)))

const notFound = (id: bigint) => new CommandError(43, `cursor id ${id} not found`)

export const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: async context => {
    const { command, cursors } = context
    const id = idOf(command.getMore)
    const ns = namespace(context, command.collection)
    const cursor = cursors.get(id)
    if (!cursor) throw notFound(id)
    if (cursor.ns !== ns)
      throw new CommandError(13, `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`)
    // Taken out while it is read, so that two readers cannot step it at once.
    cursors.delete(id)
    const { documents, ended } = await fill(cursor, countIn(command, 'batchSize') || Number.POSITIVE_INFINITY)
    cursor.used = Date.now()
    if (!ended) cursors.set(id, cursor)
    return { doc: {}, batch: { field: 'nextBatch', documents, id: ended ? 0n : id, ns } }
  },
}

export const killCursors: Command = {
  fields: ['cursors'],
  run: ({ command, cursors }) => {
    const ids = isArray(command.cursors) ? command.cursors.map(idOf) : []
    const [killed, missing] = [ids.filter(id => cursors.delete(id)), [] as bigint[]]
    missing.push(...ids.filter(id => !killed.includes(id)))
    const longs = (list: bigint[]) => list.map(id => Long.fromBigInt(id))
    return { doc: { cursorsKilled: longs(killed), cursorsNotFound: longs(missing), cursorsAlive: [], cursorsUnknown: [] } }
  },
}
