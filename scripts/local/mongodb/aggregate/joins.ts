import { asDoc, type Doc, isArray, isDoc, typeOf } from '../bson/types.ts'
import { CommandError, onlyKnown } from '../errors.ts'
import { keyValues } from '../query/path.ts'
import { assign } from '../query/projection.ts'
import { compileExpression } from './expressions.ts'
import { type Builder, type Environment, startPipeline } from './pipeline.ts'

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const pipelineOf = (stage: string, value: unknown): unknown[] => {
  if (value === undefined) return []
  return isArray(value) ? value : bad(14, `the pipeline of ${stage} must be an array of objects`)
}

const nameOf = (stage: string, field: string, value: unknown): string =>
  typeof value === 'string' ? value : bad(9, `the '${field}' of ${stage} must be the name of a collection`)

const unionWith: Builder = (spec, { variables, over }) => {
  if (typeof spec !== 'string' && !isDoc(spec)) return bad(9, 'the $unionWith stage specification must be an object or string')
  const { coll, pipeline } = typeof spec === 'string' ? { coll: spec } : (asDoc(spec) as Doc)
  if (typeof spec !== 'string') onlyKnown('$unionWith', asDoc(spec), new Set(['coll', 'pipeline']))
  const read = over(nameOf('$unionWith', 'coll', coll), pipelineOf('$unionWith', pipeline), variables)
  return (emit, full) => ({
    push: emit,
    *finish() {
      if (full()) return
      for (const doc of read()) {
        if (doc) emit(doc)
        else yield undefined
        if (full()) return
      }
    },
  })
}

/** The condition that a foreign field equals a local value, or any element of a local array. */
const equals = (field: string, doc: Doc, local: readonly string[]): Doc => {
  const values = keyValues(doc, local).values.filter(value => value !== undefined)
  // A pattern is equal to a pattern here, where in $in it would be looked for in strings.
  if (values.length > 1 && values.some(value => typeOf(value) === 'regex'))
    return { $or: values.map(value => ({ [field]: { $eq: value } })) }
  return { [field]: values.length === 1 ? { $eq: values[0] } : { $in: values } }
}

const joined = (spec: Doc, { variables, over }: Environment): ((doc: Doc) => Iterable<Doc | undefined>) => {
  const { localField, foreignField } = spec
  const from = nameOf('$lookup', 'from', spec.from)
  const pipeline = pipelineOf('$lookup', spec.pipeline)
  const own = Object.entries(asDoc(spec.let)).map(([name, value]) => [name, compileExpression(value, variables)] as const)
  // Compiled once without values, so that a mistake is found where there is nothing to join.
  over(from, pipeline, { ...variables, ...Object.fromEntries(own.map(([name]) => [name, undefined])) })
  const scope = (doc: Doc): Doc => ({ ...variables, ...Object.fromEntries(own.map(([name, evaluate]) => [name, evaluate(doc)])) })
  if (localField === undefined && foreignField === undefined && spec.pipeline !== undefined)
    return doc => over(from, pipeline, scope(doc))()
  if (typeof localField !== 'string' || typeof foreignField !== 'string')
    return bad(9, '$lookup requires either a pipeline, or both localField and foreignField')
  const local = localField.split('.')
  return doc => over(from, [{ $match: equals(foreignField, doc, local) }, ...pipeline], scope(doc))()
}

const lookup: Builder = (spec, environment) => {
  if (!isDoc(spec)) return bad(9, 'the $lookup specification must be an Object')
  onlyKnown('$lookup', spec, new Set(['from', 'localField', 'foreignField', 'let', 'pipeline', 'as']), 9)
  if (typeof spec.as !== 'string' || spec.as === '') return bad(9, "must specify 'as' field for a $lookup")
  const as = spec.as.split('.')
  const find = joined(spec, environment)
  return emit => ({ push: doc => emit(assign(doc, as, [...find(doc)].filter(isDoc)) as Doc) })
}

const facet: Builder = (spec, { compile }) => {
  const outputs = Object.entries(isDoc(spec) ? spec : {})
  if (outputs.length === 0) return bad(40169, 'the $facet specification must be a non-empty object')
  const facets = outputs.map(([name, pipeline]) => {
    if (!isArray(pipeline)) return bad(40170, `arguments to $facet must be arrays, ${name} is type ${typeOf(pipeline)}`)
    if (name.includes('.') || name.startsWith('$')) bad(40169, `$facet output names may not contain '.' or start with '$': ${name}`)
    if (pipeline.some(stage => '$facet' in asDoc(stage))) bad(40600, '$facet is not allowed to be used within a $facet stage')
    return { name, stages: compile(pipeline) }
  })
  return emit => {
    const running = facets.map(({ name, stages }) => {
      const docs: Doc[] = []
      return { name, docs, pipeline: startPipeline(stages, doc => docs.push(doc)) }
    })
    return {
      push: doc => {
        for (const { pipeline } of running) if (!pipeline.done()) pipeline.push(doc)
      },
      done: () => running.every(({ pipeline }) => pipeline.done()),
      *finish() {
        for (const { pipeline } of running) yield* pipeline.finish()
        emit(Object.fromEntries(running.map(({ name, docs }) => [name, docs])))
      },
    }
  }
}

/** Stages that read another collection, or run pipelines of their own. */
export const joins: Record<string, Builder> = { $unionWith: unionWith, $lookup: lookup, $facet: facet }
