import { asInteger } from '../bson/number.ts'
import type { Reply } from '../bson/reply.ts'
import { type Doc, isDoc, isTrue, number } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { buffer } from '../storage/rows.ts'
import { type Command, type Context, checkSpec, docIn, expressionsOf, isSet, namespace } from './context.ts'
import { writeOnce } from './retry.ts'
import { deleteMatching, insertBytes, isOrdered, listIn, runEach, updateMatching, type WriteScope } from './write-operations.ts'

const scopeOf = (context: Context): WriteScope => ({
  store: context.store,
  ns: namespace(context),
  bypass: isSet(context.command, 'bypassDocumentValidation'),
  expression: expressionsOf(context.command),
})

const withErrors = (reply: Doc, errors: Doc[]): Reply => ({ doc: errors.length > 0 ? { ...reply, writeErrors: errors } : reply })

const SHARED = ['ordered', 'bypassDocumentValidation', 'let']
const updateFields = new Set(['q', 'u', 'c', 'multi', 'upsert', 'arrayFilters', 'collation', 'hint', 'sort'])
const deleteFields = new Set(['q', 'limit', 'collation', 'hint'])

const spec = (what: string, value: unknown, fields: ReadonlySet<string>): Doc => {
  if (!isDoc(value)) throw new CommandError(14, `BSON field '${what}' is the wrong type, expected type 'object'`)
  checkSpec(what, value, fields)
  return value
}

export const insert: Command = {
  fields: ['documents', ...SHARED],
  run: context => {
    const documents = listIn(context.command, 'documents')
    const scope = scopeOf(context)
    return writeOnce(context, () => {
      let n = 0
      const errors = runEach(documents, isOrdered(context.command), document => {
        insertBytes(scope, buffer(document))
        n++
      })
      return withErrors({ n: number(n) }, errors)
    })
  },
}

export const update: Command = {
  fields: ['updates', ...SHARED],
  run: context => {
    const updates = listIn(context.command, 'updates').map(one => spec('update.updates', one, updateFields))
    const scope = scopeOf(context)
    return writeOnce(context, () => {
      let [n, nModified] = [0, 0]
      const upserted: Doc[] = []
      const errors = runEach(updates, isOrdered(context.command), (one, index) => {
        const multi = isTrue(one.multi)
        if (multi && one.sort !== undefined) throw new CommandError(9, 'Cannot specify sort with multi=true')
        const done = updateMatching(scope, {
          filter: docIn(one, 'q'),
          update: one.u,
          multi,
          upsert: isTrue(one.upsert),
          hint: one.hint,
          ...(one.arrayFilters === undefined ? {} : { arrayFilters: one.arrayFilters }),
          ...(one.sort === undefined ? {} : { sort: docIn(one, 'sort') }),
          ...(one.c === undefined ? {} : { constants: one.c }),
        })
        n += done.n
        nModified += done.modified
        if (done.upserted) upserted.push({ index: number(index), _id: done.upserted._id })
      })
      return withErrors({ n: number(n), nModified: number(nModified), ...(upserted.length > 0 ? { upserted } : {}) }, errors)
    })
  },
}

const remove: Command = {
  fields: ['deletes', ...SHARED],
  run: context => {
    const deletes = listIn(context.command, 'deletes').map(one => spec('delete.deletes', one, deleteFields))
    const scope = scopeOf(context)
    return writeOnce(context, () => {
      let n = 0
      const errors = runEach(deletes, isOrdered(context.command), one => {
        const limit = asInteger(one.limit)
        if (limit !== 0 && limit !== 1)
          throw new CommandError(9, `The limit field in delete objects must be 0 or 1. Got ${String(one.limit)}`)
        n += deleteMatching(scope, { filter: docIn(one, 'q'), multi: limit === 0, hint: one.hint }).n
      })
      return withErrors({ n: number(n) }, errors)
    })
  },
}

export { remove as delete }
