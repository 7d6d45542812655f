import { asDoc, type Doc } from '../bson/types.ts'
import { refuse } from '../errors.ts'
import { plan } from '../query/plan.ts'
import { parseSort } from '../query/sort.ts'
import { type Command, collectionIn, docIn, namespace } from './context.ts'

const scanOf = (accesses: readonly { index: { name: string; spec: Doc } }[]): Doc => {
  const scans = accesses.map(({ index }) => ({ stage: 'IXSCAN', indexName: index.name, keyPattern: index.spec.key }))
  if (scans.length === 0) return { stage: 'COLLSCAN' }
  return { stage: 'FETCH', inputStage: scans.length === 1 ? scans[0] : { stage: 'OR', inputStages: scans } }
}

/** Says which index a find would use, so that a test can tell one that uses none. */
export const explain: Command = {
  fields: ['verbosity'],
  run: context => {
    const command = asDoc(context.command.explain)
    if (typeof command.find !== 'string') refuse(`explain of ${Object.keys(command)[0]}`)
    const collection = collectionIn(context.store, namespace(context, command.find))
    if (!collection) return { doc: { queryPlanner: { winningPlan: { stage: 'EOF' } } } }
    const chosen = plan(collection, docIn(command, 'filter'), parseSort(docIn(command, 'sort')), command.hint)
    const scan = scanOf(chosen.accesses)
    return { doc: { queryPlanner: { namespace: collection.ns, winningPlan: chosen.sorted ? scan : { stage: 'SORT', inputStage: scan } } } }
  },
}
