import { compileExpression, letVariables } from '../aggregate/expressions.ts'
import { type Environment, startPipeline } from '../aggregate/pipeline.ts'
import { compileStages } from '../aggregate/stages.ts'
import { encode } from '../bson/codec.ts'
import { asInteger } from '../bson/number.ts'
import { asDoc, type Doc, isArray, isDoc } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import type { ExpressionCompiler } from '../query/matcher.ts'
import type { Store } from '../storage/store.ts'
import { isChangeStream, openChangeStream } from './change-stream.ts'
import { type Command, checkNamespace, collectionIn, countIn, namespace } from './context.ts'
import { openCursor } from './cursors.ts'
import { partsOf, wrapOf } from './parts.ts'
import { fieldsLookedAt, matching, queryOf } from './read.ts'

const only = (stage: unknown, name: string): Doc | undefined =>
  isDoc(stage) && isDoc(stage[name]) && Object.keys(stage).length === 1 ? stage[name] : undefined

/** Takes the first `$match` and a `$sort` right behind it to where an index can serve them. */
const pushDown = (pipeline: readonly unknown[]) => {
  const filter = only(pipeline[0], '$match')
  const sort = only(pipeline[filter ? 1 : 0], '$sort')
  const rest = pipeline.slice((filter ? 1 : 0) + (sort ? 1 : 0))
  const [next] = rest
  const limit = isDoc(next) && '$limit' in next ? (asInteger(next.$limit) ?? 0) : 0
  return { filter: filter ?? {}, sort: sort ?? {}, rest, limit }
}

type Scope = { store: Store; db: string; expression: ExpressionCompiler; variables: Doc }
type Over = { ns: string; pipeline: readonly unknown[]; hint?: unknown }

const environmentOf = ({ store, db, expression, variables }: Scope): Environment => {
  const environment: Environment = {
    expression,
    variables,
    compile: pipeline => compileStages(pipeline, environment),
    over: (name, pipeline, inner) => {
      const scope = { store, db, variables: inner, expression: (one: unknown) => compileExpression(one, inner) }
      return documentsOf(scope, { ns: checkNamespace(`${db}.${name}`), pipeline })
    },
  }
  return environment
}

/** Compiles a pipeline over a collection; the documents are read when they are asked for. */
const documentsOf = (scope: Scope, { ns, pipeline, hint }: Over): (() => Generator<Doc | undefined>) => {
  const { filter, sort, rest, limit } = pushDown(pipeline)
  const stages = compileStages(rest, environmentOf(scope))
  const query = queryOf(filter, scope.expression, { sort, hint, limit })
  return function* () {
    let ready: Doc[] = []
    const taken = () => {
      const docs = ready
      ready = []
      return docs
    }
    const running = startPipeline(stages, doc => ready.push(doc))
    const collection = collectionIn(scope.store, ns)
    for (const match of collection ? matching(scope.store, collection, query) : []) {
      if (match) running.push(match.doc)
      else yield undefined
      if (ready.length > 0) yield* taken()
      if (running.done()) break
    }
    for (const _ of running.finish()) {
      yield* taken()
      yield undefined
    }
    yield* taken()
  }
}

type Encoded = Generator<Buffer | undefined>

function* encoded(docs: Iterable<Doc | undefined>): Encoded {
  for (const doc of docs) yield doc && encode(doc)
}

/** Documents that go out as they are stored, but for a wrapping; undefined where the pipeline asks for anything else. */
const wrapped = ({ store, expression }: Scope, { ns, pipeline, hint }: Over): (() => Encoded) | undefined => {
  const { filter, sort, rest, limit } = pushDown(pipeline)
  const wrap = wrapOf(limit > 0 ? rest.slice(1) : rest)
  if (!wrap) return undefined
  const query = { ...queryOf(filter, expression, { sort, hint, limit }), fields: fieldsLookedAt({ filter, sort }) }
  return function* () {
    const collection = collectionIn(store, ns)
    let found = 0
    for (const match of collection ? matching(store, collection, query) : []) {
      yield match && wrap(match)
      if (match && ++found === limit) return
    }
  }
}

function* oneAfterAnother(reads: readonly (() => Encoded)[]): Encoded {
  for (const read of reads) yield* read()
}

export const aggregate: Command = {
  fields: ['pipeline', 'cursor', 'hint', 'let', 'collation', 'allowDiskUse', 'bypassDocumentValidation'],
  refused: ['explain', 'exchange'],
  run: context => {
    const { command, store, cursors, db } = context
    const { pipeline, hint } = command
    if (!isArray(pipeline)) throw new CommandError(14, 'A pipeline must be an array of objects')
    if (!isDoc(command.cursor)) throw new CommandError(9, "The 'cursor' option is required, except for aggregate with the explain argument")
    if (isChangeStream(pipeline)) return openChangeStream(context, pipeline)
    if (typeof command.aggregate !== 'string')
      throw new CommandError(73, 'aggregation of a whole database is not supported by the embedded MongoDB server')
    const ns = namespace(context)
    const variables = letVariables(command.let)
    const scope = { store, db, variables, expression: (one: unknown) => compileExpression(one, variables) }
    const reads = partsOf({ collection: command.aggregate, pipeline }).map((part, i) => {
      const over = { ns: i === 0 ? ns : checkNamespace(`${db}.${part.collection}`), pipeline: part.pipeline, ...(i === 0 && { hint }) }
      const plain = wrapped(scope, over)
      if (plain) return plain
      const documents = documentsOf(scope, over)
      return () => encoded(documents())
    })
    return openCursor(cursors, { ns, source: oneAfterAnother(reads), batchSize: countIn(asDoc(command.cursor), 'batchSize') })
  },
}
