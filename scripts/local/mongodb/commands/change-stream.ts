import { Timestamp } from 'bson'
import { compileExpression, letVariables } from '../aggregate/expressions.ts'
import { type Environment, startPipeline } from '../aggregate/pipeline.ts'
import { compileStages, isStage } from '../aggregate/stages.ts'
import { clusterTime } from '../bson/cluster-time.ts'
import { decode, encode } from '../bson/codec.ts'
import { keyOf } from '../bson/key.ts'
import type { Batch, Reply } from '../bson/reply.ts'
import { asDoc, type Doc, isDoc } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { type Entry, isIn } from '../storage/oplog.ts'
import { tableOf } from '../storage/rows.ts'
import type { Store } from '../storage/store.ts'
import { type Context, collectionIn, countIn, namespace } from './context.ts'
import { breather, nextCursorId, type Stream } from './cursors.ts'
import { type Place, readChangeStream, tokenOf } from './resume-token.ts'

const STAGES = new Set(['$match', '$project', '$addFields', '$set', '$unset', '$replaceRoot', '$replaceWith'])
const PAGE = 64
const BATCH_BYTES = 16 * 1024 * 1024

const bad = (code: number, message: string, extra: Doc = {}): never => {
  throw new CommandError(code, message, extra)
}

const FATAL = { errorLabels: ['NonResumableChangeStreamError'] }

const lost = () => bad(286, 'Resume of change stream was not possible, as the resume point may no longer be in the oplog.', FATAL)

type Event = { place: Place; doc: Doc }

const currentOf = (store: Store, ns: string, id: unknown): Doc | null => {
  const collection = collectionIn(store, ns)
  const found = collection && tableOf(store, collection).byId.get(keyOf(id))
  return found ? decode(found.doc as Uint8Array) : null
}

const isEnd = (scope: string, { op, ns }: Entry) =>
  scope !== '' && (scope.includes('.') ? op === 'drop' : op === 'dropDatabase') && ns === scope

const invalidate = ({ time, wall }: Entry): Event => {
  const place: Place = { time, kind: 'invalidate' }
  return {
    place,
    doc: { _id: { _data: tokenOf(place) }, operationType: 'invalidate', clusterTime: new Timestamp(time), wallTime: wall },
  }
}

const contentOf = (store: Store, { op, ns, doc }: Entry, lookup: boolean): Doc => {
  if (op === 'insert' || op === 'replace') return { fullDocument: doc }
  if (op !== 'update') return {}
  return { updateDescription: asDoc(doc?.description), ...(lookup ? { fullDocument: currentOf(store, ns, doc?._id) } : {}) }
}

/** An entry of the oplog as a stream shows it. */
const eventOf = (store: Store, entry: Entry, lookup: boolean): Event => {
  const { time, wall, ns, op, doc } = entry
  const place: Place = { time, kind: 'event' }
  const [db = ''] = ns.split('.', 1)
  const coll = ns.slice(db.length + 1)
  const event = {
    _id: { _data: tokenOf(place) },
    operationType: op,
    clusterTime: new Timestamp(time),
    wallTime: wall,
    ...contentOf(store, entry, lookup),
    ns: coll ? { db, coll } : { db },
    ...(doc ? { documentKey: { _id: doc._id } } : {}),
  }
  return { place, doc: event }
}

type Opening = { store: Store; scope: string; place: Place; since: bigint; lookup: boolean; transform(doc: Doc): Doc | undefined }

const openStream = ({ store, scope, place: start, since, lookup, transform }: Opening): Stream => {
  const { oplog } = store
  const ready: Event[] = []
  let place = start
  let ended = false
  let seen: bigint | undefined
  if (start.time + 1n < since) lost()
  if (start.kind === 'event') {
    const from = oplog.at(start.time)
    if (!from || !isIn(scope, from.ns)) return bad(280, 'cannot resume stream; the resume token was not found.', FATAL)
    if (isEnd(scope, from)) ready.push(invalidate(from))
  }
  const refill = () => {
    if (place.time + 1n < oplog.since(scope)) lost()
    const now = clusterTime()
    const { entries, whole } = oplog.read(scope, place.time, PAGE)
    for (const entry of entries) {
      ready.push(eventOf(store, entry, lookup))
      if (isEnd(scope, entry)) {
        ready.push(invalidate(entry))
        break
      }
    }
    seen = whole ? now : undefined
  }
  /** Where everything up to now was seen, a stream in a quiet place does not fall behind what is kept. */
  const rest = () => {
    if (seen !== undefined && ready.length === 0 && !ended && seen > place.time) place = { time: seen, kind: 'mark' }
    return tokenOf(place)
  }
  const take = (documents: Buffer[], count: number) => {
    let bytes = 0
    while (documents.length < count && bytes < BATCH_BYTES) {
      const event = ready.shift()
      if (!event) return
      place = event.place
      const shown = transform(event.doc)
      if (shown) {
        if (asDoc(shown._id)._data !== tokenOf(event.place))
          bad(280, 'Encountered an event whose _id field, which contains the resume token, was modified by the pipeline.', FATAL)
        documents.push(encode(shown))
        bytes += documents.at(-1)?.length ?? 0
      }
      if (event.place.kind === 'invalidate') ended = true
    }
  }
  return {
    next: async (count, waitMs, alive) => {
      const until = performance.now() + waitMs
      const documents: Buffer[] = []
      const breathe = breather()
      for (seen = undefined; ; seen = undefined) {
        if (oplog.closed()) bad(11600, 'interrupted at shutdown')
        while (documents.length < count && !ended && (ready.length > 0 || seen === undefined)) {
          if (ready.length === 0) refill()
          take(documents, count)
          if (!breathe.due()) continue
          await breathe.out()
          // Others wrote meanwhile, so what was read is not all any more.
          seen = undefined
        }
        const left = until - performance.now()
        if (documents.length > 0 || ended || count === 0 || left <= 0) return { documents, token: rest(), ended }
        await oplog.wait(left)
        if (!alive()) return { documents, token: rest(), ended: true }
      }
    },
  }
}

/** Runs the stages behind `$changeStream` over one event at a time. */
const transformOf = (command: Doc, pipeline: readonly unknown[]) => {
  for (const stage of pipeline)
    for (const name in asDoc(stage))
      if (isStage(name) && !STAGES.has(name)) bad(20, `${name} is not permitted in a $changeStream pipeline of the embedded MongoDB server`)
  const variables = letVariables(command.let)
  const none = () => refuse('a change stream that reads another collection')
  const environment: Environment = { variables, expression: one => compileExpression(one, variables), compile: none, over: none }
  let shown: Doc | undefined
  const running = startPipeline(compileStages(pipeline, environment), doc => {
    shown = doc
  })
  return (doc: Doc) => {
    shown = undefined
    running.push(doc)
    return shown
  }
}

const scopeOf = (context: Context, cluster: boolean) => {
  const { command, db } = context
  if (cluster)
    return db === 'admin' && typeof command.aggregate !== 'string' ? '' : bad(72, 'allChangesForCluster needs the admin database')
  return typeof command.aggregate === 'string' ? namespace(context) : db
}

export const isChangeStream = (pipeline: readonly unknown[]) => isDoc(pipeline[0]) && '$changeStream' in pipeline[0]

/** Opens a change stream; from then on everything in its scope is kept for those who come back to it. */
export const openChangeStream = async (context: Context, [first, ...rest]: readonly unknown[]): Promise<Reply> => {
  const { command, store, cursors, db } = context
  const { start, lookup, cluster } = readChangeStream(asDoc(first).$changeStream)
  const scope = scopeOf(context, cluster)
  const transform = transformOf(command, rest)
  const { place, since } = await store.write((): { place: Place; since: bigint } => {
    const since = store.oplog.watch(scope, start && start.time + 1n)
    return { place: start ?? { time: clusterTime(), kind: 'mark' }, since }
  })
  const stream = openStream({ store, scope, place, since, lookup, transform })
  const ns = typeof command.aggregate === 'string' ? namespace(context) : `${db}.$cmd.aggregate`
  const { documents, token, ended } = await stream.next(countIn(asDoc(command.cursor), 'batchSize') ?? 101, 0, () => true)
  const id = ended ? 0n : nextCursorId()
  if (!ended) cursors.set(id, { ns, stream, used: Date.now() })
  const batch: Batch = { field: 'firstBatch', documents, id, ns, token }
  return { doc: {}, batch }
}
