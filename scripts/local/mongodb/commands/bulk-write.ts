import { encode } from '../bson/codec.ts'
import { asInteger } from '../bson/number.ts'
import { asDoc, type Doc, isDoc, isTrue, number } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { type Command, checkNamespace, checkSpec, docIn, expressionsOf, isSet } from './context.ts'
import { openCursor } from './cursors.ts'
import { writeOnce } from './retry.ts'
import { deleteMatching, insertOne, isOrdered, listIn, updateMatching, type WriteScope, writeError } from './write-operations.ts'

const known: Record<string, ReadonlySet<string>> = {
  insert: new Set(['insert', 'document']),
  update: new Set(['update', 'filter', 'updateMods', 'multi', 'upsert', 'arrayFilters', 'hint', 'collation', 'constants', 'sort']),
  delete: new Set(['delete', 'filter', 'multi', 'hint', 'collation']),
}

const runOne = (scope: WriteScope, kind: string, operation: Doc): Doc => {
  if (kind === 'insert') {
    insertOne(scope, docIn(operation, 'document'))
    return { n: number(1) }
  }
  const shared = { filter: docIn(operation, 'filter'), multi: isTrue(operation.multi), hint: operation.hint }
  if (kind === 'delete') return { n: number(deleteMatching(scope, shared).n) }
  const done = updateMatching(scope, {
    ...shared,
    update: operation.updateMods,
    upsert: isTrue(operation.upsert),
    ...(operation.arrayFilters === undefined ? {} : { arrayFilters: operation.arrayFilters }),
    ...(operation.sort === undefined ? {} : { sort: docIn(operation, 'sort') }),
    ...(operation.constants === undefined ? {} : { constants: operation.constants }),
  })
  return { n: number(done.n), nModified: number(done.modified), ...(done.upserted ? { upserted: done.upserted } : {}) }
}

const totals = { insert: ['nInserted', 'n'], update: ['nMatched', 'n'], delete: ['nDeleted', 'n'] } as const

/** Adds the result of one operation to the totals of the reply; an upsert counts apart from what matched. */
const tally = (sums: Record<string, number>, kind: keyof typeof totals, result: Doc) => {
  const add = (name: string, value: unknown) => {
    sums[name] = (sums[name] ?? 0) + (asInteger(value) ?? 0)
  }
  if (result.upserted) add('nUpserted', 1)
  else add(totals[kind][0], result.n)
  if (kind === 'update') add('nModified', result.nModified)
}

export const bulkWrite: Command = {
  fields: ['ops', 'nsInfo', 'ordered', 'errorsOnly', 'bypassDocumentValidation', 'let', 'cursor'],
  run: async context => {
    const { command, store, cursors, db } = context
    if (db !== 'admin') throw new CommandError(13, 'bulkWrite may only be run against the admin database.')
    const operations = listIn(command, 'ops').map(asDoc)
    const namespaces = listIn(command, 'nsInfo').map(info => checkNamespace(String(asDoc(info).ns)))
    const [expression, bypass] = [expressionsOf(command), isSet(command, 'bypassDocumentValidation')]
    const { doc } = await writeOnce(context, () => {
      const sums: Record<string, number> = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 }
      const results: Doc[] = []
      for (const [i, operation] of operations.entries()) {
        const kind = Object.keys(operation)[0] ?? ''
        const ns = namespaces[asInteger(operation[kind]) ?? -1]
        const fields = known[kind] ?? refuse(`bulkWrite of ${kind}`)
        checkSpec(`bulkWrite.${kind}`, operation, fields)
        if (ns === undefined) throw new CommandError(2, `BulkWrite ops entry ${i} has an invalid nsInfo index.`)
        try {
          const result = runOne({ store, ns, bypass, expression }, kind, operation)
          tally(sums, kind as keyof typeof totals, result)
          if (!isSet(command, 'errorsOnly')) results.push({ ok: 1, idx: number(i), ...result })
        } catch (error) {
          const { index, ...failure } = writeError(error, i)
          results.push({ ok: 0, idx: index, n: number(0), ...failure })
          sums.nErrors = (sums.nErrors ?? 0) + 1
          if (isOrdered(command)) break
        }
      }
      return { doc: { ...Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, number(value)])), results } }
    })
    const { results, ...reply } = doc
    const source = (Array.isArray(results) ? results : []).map(result => encode(isDoc(result) ? result : {})).values()
    const batchSize = asInteger(asDoc(command.cursor).batchSize)
    const { batch } = await openCursor(cursors, { ns: 'admin.$cmd.bulkWrite', source, batchSize: batchSize ?? Number.POSITIVE_INFINITY })
    return { doc: reply, ...(batch ? { batch } : {}) }
  },
}
