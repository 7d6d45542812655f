import { decode } from '../bson/codec.ts'
import { type Doc, isTrue, number } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileProjection } from '../query/projection.ts'
import { type Command, docIn, expressionsOf, isSet, namespace } from './context.ts'
import { writeOnce } from './retry.ts'
import { deleteMatching, updateMatching, type WriteScope } from './write-operations.ts'

const checkOptions = (command: Doc) => {
  const [removes, updates] = [isTrue(command.remove), command.update !== undefined]
  if (removes && updates) throw new CommandError(9, 'Cannot specify both an update and remove=true')
  if (!removes && !updates) throw new CommandError(9, 'Either an update or remove=true must be specified')
  if (removes && isTrue(command.upsert)) throw new CommandError(9, 'Cannot specify both upsert=true and remove=true')
  if (removes && isTrue(command.new))
    throw new CommandError(9, "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document")
}

export const findAndModify: Command = {
  fields: [
    'query',
    'sort',
    'remove',
    'update',
    'new',
    'fields',
    'upsert',
    'bypassDocumentValidation',
    'arrayFilters',
    'hint',
    'let',
    'collation',
  ],
  run: context => {
    const { command, store } = context
    checkOptions(command)
    const expression = expressionsOf(command)
    const scope: WriteScope = { store, ns: namespace(context), bypass: isSet(command, 'bypassDocumentValidation'), expression }
    const project = compileProjection(docIn(command, 'fields'), { expression, aggregation: false })
    const [filter, sort, hint] = [docIn(command, 'query'), docIn(command, 'sort'), command.hint]
    const shown = (doc: Doc | undefined) => (doc ? project(doc) : null)
    return writeOnce(context, () => {
      if (isTrue(command.remove)) {
        const { n, before } = deleteMatching(scope, { filter, multi: false, sort, hint })
        return { doc: { lastErrorObject: { n: number(n) }, value: shown(before) } }
      }
      const { arrayFilters } = command
      const done = updateMatching(scope, {
        filter,
        update: command.update,
        multi: false,
        upsert: isTrue(command.upsert),
        sort,
        hint,
        ...(arrayFilters === undefined ? {} : { arrayFilters }),
      })
      const lastErrorObject = {
        n: number(done.n),
        updatedExisting: done.n > 0 && !done.upserted,
        ...(done.upserted ? { upserted: done.upserted._id } : {}),
      }
      return { doc: { lastErrorObject, value: shown(isTrue(command.new) ? done.after : done.before && decode(done.before.bytes)) } }
    })
  },
}
