import { Long } from 'bson'
import { isArray } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Command, countIn, namespace } from './context.ts'
import { fill } from './cursors.ts'

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
