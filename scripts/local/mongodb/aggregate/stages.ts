import { Int32 } from 'bson'
import { keyOf } from '../bson/key.ts'
import { asInteger } from '../bson/number.ts'
import { asDoc, type Doc, isArray, isDoc, isTrue, number } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileFilter, type ExpressionCompiler } from '../query/matcher.ts'
import { valueAt } from '../query/path.ts'
import { assign, compileProjection } from '../query/projection.ts'
import { parseSort, sortKey } from '../query/sort.ts'
import { set, unset } from '../update/paths.ts'
import { accumulators } from './accumulators.ts'
import { joins } from './joins.ts'
import type { Builder, Environment, Stage } from './pipeline.ts'

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const each =
  (change: (doc: Doc) => Doc): Stage['start'] =>
  emit => ({ push: doc => emit(change(doc)) })

const count = (name: string, spec: unknown, least: number): number => {
  const value = asInteger(spec)
  return value !== undefined && value >= least
    ? value
    : bad(
        name === '$limit' ? 15958 : 5107200,
        `invalid argument to ${name} stage: Expected ${least > 0 ? 'a positive' : 'a non-negative'} number`,
      )
}

const docOf = (name: string, spec: unknown, code: number): Doc =>
  isDoc(spec) ? spec : bad(code, `the ${name} specification must be an object`)

const clone = (value: unknown): unknown => {
  if (isArray(value)) return value.map(clone)
  return isDoc(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, clone(part)])) : value
}

const flatten = (spec: Doc, prefix: string[] = []): [string[], unknown][] =>
  Object.entries(spec).flatMap(([name, value]) => {
    const path = [...prefix, ...name.split('.')]
    return isDoc(value) && !Object.keys(value)[0]?.startsWith('$') && Object.keys(value).length > 0
      ? flatten(value, path)
      : [[path, value] as [string[], unknown]]
  })

const addFields: Builder = (spec, { expression }) => {
  const fields = flatten(docOf('$addFields', spec, 40272)).map(([path, value]) => [path, expression(value)] as const)
  return each(doc => fields.reduce<Doc>((result, [path, evaluate]) => assign(result, path, evaluate(doc)) as Doc, doc))
}

const unwind: Builder = spec => {
  const { path, includeArrayIndex, preserveNullAndEmptyArrays } = typeof spec === 'string' ? { path: spec } : (asDoc(spec) as Doc)
  if (typeof path !== 'string' || !path.startsWith('$')) return bad(28818, "path option to $unwind stage should be prefixed with a '$'")
  const parts = path.slice(1).split('.')
  const indexed = (doc: Doc, index: unknown) => {
    if (typeof includeArrayIndex === 'string') set(doc, includeArrayIndex.split('.'), index)
    return doc
  }
  return emit => ({
    push: doc => {
      const value = valueAt(doc, parts)
      if (isArray(value) && value.length > 0) {
        for (const [i, element] of value.entries()) emit(indexed(assign(doc, parts, element) as Doc, number(i)))
      } else if (!isArray(value) && value !== undefined && value !== null) emit(indexed({ ...doc }, null))
      else if (isTrue(preserveNullAndEmptyArrays)) {
        const copy = clone(doc) as Doc
        if (isArray(value)) unset(copy, parts)
        emit(indexed(copy, null))
      }
    },
  })
}

const group: Builder = (spec, { expression }) => {
  const { _id, ...fields } = docOf('$group', spec, 15947)
  if (_id === undefined && !('_id' in asDoc(spec))) bad(15955, 'a group specification must include an _id')
  const key = expression(_id)
  const outputs = Object.entries(fields).map(([name, accumulator]) => {
    const [operator = '', ...more] = Object.keys(docOf(`field '${name}'`, accumulator, 40234))
    if (more.length > 0) bad(40238, `The field '${name}' must specify one accumulator`)
    const make = Object.hasOwn(accumulators, operator) ? accumulators[operator] : undefined
    return {
      name,
      make: make ?? bad(15952, `unknown group operator '${operator}': it is not supported by the embedded MongoDB server`),
      input: expression(asDoc(accumulator)[operator]),
    }
  })
  return emit => {
    const groups = new Map<
      string,
      { _id: unknown; held: { name: string; add(value: unknown): void; result(): unknown; input(doc: Doc): unknown }[] }
    >()
    return {
      push: doc => {
        const value = key(doc) ?? null
        const text = keyOf(value).toString('latin1')
        const found = groups.get(text) ?? { _id: value, held: outputs.map(({ name, make, input }) => ({ name, input, ...make() })) }
        groups.set(text, found)
        for (const { add, input } of found.held) add(input(doc))
      },
      finish: () => {
        for (const { _id, held } of groups.values()) emit({ _id, ...Object.fromEntries(held.map(({ name, result }) => [name, result()])) })
      },
    }
  }
}

const replaceRoot = (name: string, value: unknown, expression: ExpressionCompiler): Stage['start'] => {
  const evaluate = expression(value)
  return each(doc => {
    const root = evaluate(doc)
    return isDoc(root)
      ? root
      : bad(40228, `'${name === '$replaceRoot' ? 'newRoot' : 'replacement document'}' expression must evaluate to an object`)
  })
}

const sort: Builder = spec => {
  const key = sortKey(parseSort(docOf('$sort', spec, 15973)))
  return emit => {
    const held: { key: Buffer; doc: Doc }[] = []
    return {
      push: doc => {
        held.push({ key: key(doc), doc })
      },
      finish: () => {
        for (const { doc } of held.sort((a, b) => Buffer.compare(a.key, b.key))) emit(doc)
      },
    }
  }
}

const builders: Record<string, Builder> = {
  ...joins,
  $match: (spec, { expression }) => {
    const matches = compileFilter(docOf('$match', spec, 15959), expression)
    return emit => ({ push: doc => void (matches(doc) && emit(doc)) })
  },
  $sort: sort,
  $skip: spec => {
    const skip = count('$skip', spec, 0)
    return emit => {
      let seen = 0
      return { push: doc => void (seen++ >= skip && emit(doc)) }
    }
  },
  $limit: spec => {
    const limit = count('$limit', spec, 1)
    return emit => {
      let seen = 0
      return { push: doc => void (seen++ < limit && emit(doc)), done: () => seen >= limit }
    }
  },
  $project: (spec, { expression }) => each(compileProjection(docOf('$project', spec, 15969), { expression, aggregation: true })),
  $addFields: addFields,
  $set: addFields,
  $unset: (spec, { expression }) => {
    const fields = isArray(spec) ? spec : [spec]
    if (!fields.every(field => typeof field === 'string')) return bad(31002, '$unset specification must be a string or an array of strings')
    return each(compileProjection(Object.fromEntries(fields.map(field => [field, new Int32(0)])), { expression, aggregation: true }))
  },
  $unwind: unwind,
  $group: group,
  $count: spec => {
    if (typeof spec !== 'string' || spec === '' || spec.startsWith('$') || spec.includes('.'))
      return bad(40156, 'the count field must be a non-empty string without $ or .')
    return emit => {
      let seen = 0
      return { push: () => void seen++, finish: () => void (seen > 0 && emit({ [spec]: number(seen) })) }
    }
  },
  $replaceRoot: (spec, { expression }) => replaceRoot('$replaceRoot', docOf('$replaceRoot', spec, 40229).newRoot, expression),
  $replaceWith: (spec, { expression }) => replaceRoot('$replaceWith', spec, expression),
}

/** Whether there is a stage of that name; one that is not there is refused when it is compiled. */
export const isStage = (name: string) => Object.hasOwn(builders, name)

/** Compiles the stages of a pipeline. */
export const compileStages = (pipeline: readonly unknown[], environment: Environment): Stage[] =>
  pipeline.map(stage => {
    const [name, ...more] = isDoc(stage) ? Object.keys(stage) : []
    if (!isDoc(stage) || name === undefined || more.length > 0)
      return bad(40323, 'A pipeline stage specification object must contain exactly one field.')
    if (name === '$changeStream') return bad(40602, '$changeStream is only valid as the first stage in a pipeline')
    const builder = Object.hasOwn(builders, name) ? builders[name] : undefined
    if (!builder) return bad(40324, `Unrecognized pipeline stage name: '${name}' is not supported by the embedded MongoDB server`)
    return { name, start: builder(stage[name], environment) }
  })

const UPDATES = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']

/** The stages of an update's pipeline, of which only some are allowed. */
export const updateStages = (pipeline: readonly unknown[], expression: ExpressionCompiler): Stage[] => {
  for (const stage of pipeline)
    for (const name in asDoc(stage))
      if (Object.hasOwn(builders, name) && !UPDATES.includes(name)) bad(72, `${name} is not allowed to be used within an update`)
  const none = () => bad(72, 'an update cannot read another collection')
  return compileStages(pipeline, { expression, variables: {}, compile: none, over: none })
}
