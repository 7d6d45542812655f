import { Long } from 'bson'
import type { Reply } from '../bson/reply.ts'
import { isArray } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Command, type Context, countIn } from './context.ts'
import { fill, type StreamCursor } from './cursors.ts'

const idOf = (value: unknown): bigint => (value instanceof Long ? value.toBigInt() : BigInt(Number(value)))

const notFound = (id: bigint) => new CommandError(43, `cursor id ${id} not found`)

const AWAIT_MS = 1000

/** The next events of a change stream, which stays where it is found while it waits, so that it can be killed. */
const more = async ({ command, cursors }: Context, id: bigint, cursor: StreamCursor, batchSize: number): Promise<Reply> => {
  const { ns, stream } = cursor
  const alive = () => cursors.get(id) === cursor
  cursor.used = Date.now()
  try {
    const { documents, token, ended } = await stream.next(batchSize, countIn(command, 'maxTimeMS') ?? AWAIT_MS, alive)
    if (!alive()) throw notFound(id)
    cursor.used = Date.now()
    if (ended) cursors.delete(id)
    return { doc: {}, batch: { field: 'nextBatch', documents, id: ended ? 0n : id, ns, token } }
  } catch (error) {
    cursors.delete(id)
    throw error
  }
}

export const getMore: Command = {
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: async context => {
    const { command, cursors } = context
    const id = idOf(command.getMore)
    const ns = `${context.db}.${String(command.collection)}`
    const cursor = cursors.get(id)
    if (!cursor) throw notFound(id)
    if (cursor.ns !== ns)
      throw new CommandError(13, `Requested getMore on namespace '${ns}', but cursor belongs to a different namespace ${cursor.ns}`)
    const batchSize = countIn(command, 'batchSize') || Number.POSITIVE_INFINITY
    if ('stream' in cursor) return more(context, id, cursor, batchSize)
    // Taken out while it is read, so that two readers cannot step it at once.
    cursors.delete(id)
    const { documents, ended } = await fill(cursor, batchSize)
    cursor.used = Date.now()
    if (!ended) cursors.set(id, cursor)
    return { doc: {}, batch: { field: 'nextBatch', documents, id: ended ? 0n : id, ns } }
  },
}

export const killCursors: Command = {
  fields: ['cursors'],
  run: ({ command, cursors, store }) => {
    const ids = isArray(command.cursors) ? command.cursors.map(idOf) : []
    const [killed, missing] = [ids.filter(id => cursors.delete(id)), [] as bigint[]]
    missing.push(...ids.filter(id => !killed.includes(id)))
    if (killed.length > 0) store.oplog.wake()
    const longs = (list: bigint[]) => list.map(id => Long.fromBigInt(id))
    return { doc: { cursorsKilled: longs(killed), cursorsNotFound: longs(missing), cursorsAlive: [], cursorsUnknown: [] } }
  },
}
