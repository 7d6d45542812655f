import { compileStages, startPipeline } from '../aggregate/stages.ts'
import { encode } from '../bson/codec.ts'
import { asInteger } from '../bson/number.ts'
import { asDoc, type Doc, isArray, isDoc } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Command, collectionIn, countIn, expressionsOf, namespace } from './context.ts'
import { breather, openCursor } from './cursors.ts'
import { matching, queryOf } from './read.ts'

/** Takes the first `$match` and a `$sort` right behind it to where an index can serve them. */
const pushDown = (pipeline: readonly unknown[]) => {
  const [first, second] = pipeline
  const match = isDoc(first) && isDoc(first.$match) ? first.$match : undefined
  const sorting = match ? second : first
  const sort = isDoc(sorting) && isDoc(sorting.$sort) ? sorting.$sort : undefined
  const rest = pipeline.slice((match ? 1 : 0) + (sort ? 1 : 0))
  const [next] = rest
  const limit = isDoc(next) && '$limit' in next ? (asInteger(next.$limit) ?? 0) : 0
  return { filter: match ?? {}, sort: sort ?? {}, rest, limit }
}

export const aggregate: Command = {
  fields: ['pipeline', 'cursor', 'hint', 'let', 'collation', 'allowDiskUse', 'bypassDocumentValidation'],
  run: async context => {
    const { command, store, cursors } = context
    if (typeof command.aggregate !== 'string')
      throw new CommandError(73, 'aggregation of a whole database is not supported by the embedded MongoDB server')
    const ns = namespace(context)
    const pipeline = isArray(command.pipeline) ? command.pipeline : []
    if (!isArray(command.pipeline)) throw new CommandError(14, 'A pipeline must be an array of objects')
    if (!isDoc(command.cursor)) throw new CommandError(9, "The 'cursor' option is required, except for aggregate with the explain argument")
    const expression = expressionsOf(command)
    // The whole pipeline is compiled, so that a mistake in the part that is pushed down is found as well.
    compileStages(pipeline, expression)
    const { filter, sort, rest, limit } = pushDown(pipeline)
    const results: Doc[] = []
    const running = startPipeline(compileStages(rest, expression), doc => results.push(doc))
    const collection = collectionIn(store, ns)
    const breathe = breather()
    if (collection) {
      for (const match of matching(store, collection, queryOf(filter, expression, { sort, hint: command.hint, limit }))) {
        if (match) running.push(match.doc)
        if (running.done()) break
        if (breathe.due()) await breathe.out()
      }
    }
    running.finish()
    const batchSize = countIn(asDoc(command.cursor), 'batchSize')
    const source = (function* () {
      for (const doc of results) yield encode(doc)
    })()
    return openCursor(cursors, { ns, source, batchSize })
  },
}
