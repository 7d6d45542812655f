import { compoundKey, equal, keyOf } from '../bson/key.ts'
import { asDoc, classOf, type Doc, fieldsOf, isArray, isDoc, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import type { Collection, Index } from '../storage/collection.ts'
import type { Access, Plan, Span } from '../storage/scan.ts'
import { equality } from './matcher.ts'
import type { Order } from './sort.ts'

type Bound = { value: unknown; inclusive: boolean }
/** What a query says of one path, as far as an index can use it. */
type Constraint = { points: unknown[] | undefined; low: Bound | undefined; high: Bound | undefined; exists: boolean }

const MAX_SPANS = 10_000

/** Values whose order in an index is also the order that a comparison sees. */
const isRangeable = (value: unknown) =>
  ['int', 'long', 'double', 'decimal', 'string', 'objectId', 'bool', 'date', 'timestamp', 'binData'].includes(typeOf(value))
/**
 * An array also equals an array inside an array, and a pattern matches strings: neither is one key. Nor is null on a
 * path with a position, for that also looks for a field of such a name in each element.
 */
const isPoint = (path: string, value: unknown) =>
  !isArray(value) && typeOf(value) !== 'regex' && !((value === null || value === undefined) && /(^|\.)\d+(\.|$)/.test(path))

const isOperators = (value: unknown): value is Doc => isDoc(value) && Object.keys(value)[0]?.startsWith('$') === true && !('$ref' in value)

const constrain = (into: Map<string, Constraint>, path: string, condition: unknown) => {
  const constraint = into.get(path) ?? { points: undefined, low: undefined, high: undefined, exists: false }
  into.set(path, constraint)
  const operators = isOperators(condition) ? fieldsOf(condition) : { $eq: condition }
  for (const [name, value] of Object.entries(operators)) {
    if (name === '$eq' && isPoint(path, value)) constraint.points = [value]
    else if (name === '$in' && isArray(value) && value.every(one => isPoint(path, one)) && value.length <= MAX_SPANS)
      constraint.points ??= value
    else if (name === '$gt' && isRangeable(value)) constraint.low = { value, inclusive: false }
    else if (name === '$gte' && isRangeable(value)) constraint.low = { value, inclusive: true }
    else if (name === '$lt' && isRangeable(value)) constraint.high = { value, inclusive: false }
    else if (name === '$lte' && isRangeable(value)) constraint.high = { value, inclusive: true }
    else if (name === '$exists' && equal(value, true)) constraint.exists = true
  }
}

const constraintsOf = (filter: Doc, into = new Map<string, Constraint>()) => {
  for (const [name, value] of Object.entries(filter)) {
    if (name === '$and' && isArray(value)) for (const part of value) constraintsOf(asDoc(part), into)
    else if (!name.startsWith('$')) constrain(into, name, value)
  }
  return into
}

/** Whether every document that the query wants has the field. */
const impliesPresence = (constraint: Constraint | undefined) =>
  constraint !== undefined &&
  (constraint.exists ||
    constraint.low !== undefined ||
    constraint.high !== undefined ||
    (constraint.points?.every(point => point !== null && point !== undefined) ?? false))

/** Whether a query's own conditions put every document that it wants into a partial index. */
const impliesPartial = (filter: Doc, query: Doc, constraints: Map<string, Constraint>): boolean =>
  Object.entries(filter).every(([path, condition]) => {
    if (path === '$and' && isArray(condition)) return condition.every(part => impliesPartial(asDoc(part), query, constraints))
    if (path.startsWith('$')) return false
    if (path in query && equal(query[path], condition)) return true
    const constraint = constraints.get(path)
    if (!isOperators(condition)) return constraint?.points?.every(point => equality(condition)(point)) ?? false
    return Object.entries(condition).every(([operator, value]) => {
      if (operator === '$exists' && equal(value, true)) return impliesPresence(constraint)
      if (operator === '$eq') return constraint?.points?.every(point => equality(value)(point)) ?? false
      const bound = operator.startsWith('$gt') ? constraint?.low : operator.startsWith('$lt') ? constraint?.high : undefined
      if (bound && classOf[typeOf(bound.value)] === classOf[typeOf(value)]) {
        const order = keyOf(bound.value).compare(keyOf(value)) * (operator.startsWith('$gt') ? 1 : -1)
        return order > 0 || (order === 0 && (operator.endsWith('e') || !bound.inclusive))
      }
      return false
    })
  })

const after = (key: Buffer) => Buffer.concat([key, Buffer.from([0xff])])
/** All keys that begin so; SQLite would take an empty bound for no value at all. */
const point = (prefix: Buffer): Span => ({ from: prefix.length > 0 ? prefix : Buffer.from([0]), to: after(prefix) })

/** The span of one field's range behind a prefix of equal fields; the bounds change places where the field descends. */
const rangeSpan = (prefix: Buffer, { low, high }: Constraint, direction: number): Span => {
  const type = classOf[typeOf((low ?? high)?.value)]
  const edge = (first: number) => Buffer.concat([prefix, Buffer.from([first])])
  const at = ({ value }: Bound) => Buffer.concat([prefix, compoundKey([value], [direction])])
  if (direction > 0) {
    return {
      from: low ? (low.inclusive ? at(low) : after(at(low))) : edge(type),
      to: high ? (high.inclusive ? after(at(high)) : at(high)) : edge(type + 1),
    }
  }
  const start = ~type & 0xff
  return {
    from: high ? (high.inclusive ? at(high) : after(at(high))) : edge(start),
    to: low ? (low.inclusive ? after(at(low)) : at(low)) : edge(start + 1),
  }
}

/** An index as a query would use it: how many of its fields are equal, and the range behind them. */
type Candidate = {
  index: Index
  fixed: number
  range: Constraint | undefined
  score: number
  sorted: boolean
  reverse: boolean
  one: boolean
}

const follows = (index: Index, order: Order, fixed: number): { sorted: boolean; reverse: boolean } => {
  const rest = order.filter(({ path }) => !index.fields.slice(0, fixed).includes(path))
  if (index.multikey || rest.some(({ path }, i) => index.fields[fixed + i] !== path)) return { sorted: false, reverse: false }
  const turns = new Set(rest.map(({ direction }, i) => direction === index.directions[fixed + i]))
  return { sorted: turns.size <= 1, reverse: turns.has(false) }
}

const candidate = (
  index: Index,
  query: Doc,
  constraints: Map<string, Constraint>,
  order: Order,
  forced: boolean,
): Candidate | undefined => {
  if (index.filter && !impliesPartial(index.filter, query, constraints)) return undefined
  const present = index.fields.some(field => impliesPresence(constraints.get(field)))
  if (index.sparse && !present) return undefined
  let [fixed, spans] = [0, 1]
  for (const [i, field] of index.fields.entries()) {
    const points = constraints.get(field)?.points
    if (!points || spans * points.length > MAX_SPANS || (index.multikey && i > 0)) break
    spans *= points.length
    fixed++
  }
  const next = index.fields[fixed]
  const constraint = next === undefined || (index.multikey && fixed > 0) ? undefined : constraints.get(next)
  const bounded = constraint && (constraint.low ?? constraint.high) ? constraint : undefined
  // On a multikey index, one element may meet the lower bound and another the upper one.
  const usable = bounded && index.multikey && bounded.low ? { ...bounded, high: undefined } : bounded
  const range =
    usable?.low && usable.high && classOf[typeOf(usable.low.value)] !== classOf[typeOf(usable.high.value)]
      ? { ...usable, high: undefined }
      : usable
  // A whole key of a unique index is one document at most, which is in any order.
  const one = fixed === index.fields.length && index.unique && spans === 1
  const { sorted, reverse } = one || spans !== 1 ? { sorted: one || order.length === 0, reverse: false } : follows(index, order, fixed)
  const useful = fixed > 0 || range !== undefined || (order.length > 0 && sorted) || (index.sparse && present) || index.filter !== undefined
  if (!useful && !forced) return undefined
  const whole = fixed === index.fields.length && index.unique ? 3 : 0
  return { index, fixed, range, score: fixed * 10 + (range ? 4 : 0) + (order.length > 0 && sorted ? 5 : 0) + whole, sorted, reverse, one }
}

/** The keys to read for a candidate that was chosen. */
const accessOf = ({ index, fixed, range, reverse }: Candidate, constraints: Map<string, Constraint>): Access => {
  let prefixes: Buffer[] = [Buffer.alloc(0)]
  for (const [i, field] of index.fields.slice(0, fixed).entries()) {
    const direction = [index.directions[i] ?? 1]
    const keys = (constraints.get(field)?.points ?? []).map(value => compoundKey([value ?? null], direction))
    prefixes = i === 0 ? keys : prefixes.flatMap(prefix => keys.map(key => Buffer.concat([prefix, key])))
  }
  if (prefixes.length > 1) prefixes = [...new Map(prefixes.map(key => [key.toString('latin1'), key])).values()].sort(Buffer.compare)
  const spans = prefixes.map(prefix => (range ? rangeSpan(prefix, range, index.directions[fixed] ?? 1) : point(prefix)))
  return { index, spans, reverse, exact: fixed === index.fields.length }
}

type Chosen = { access: Access; sorted: boolean }

const best = (indexes: readonly Index[], query: Doc, order: Order, forced = false): Chosen | undefined => {
  const constraints = constraintsOf(query)
  let chosen: Candidate | undefined
  for (const index of indexes) {
    const [first = ''] = index.fields
    // Most indexes have nothing to do with most queries; a partial or sparse one could only save a walk through everything.
    const idle = !forced && order.length === 0 && !constraints.has(first)
    if (idle && (chosen || !(index.filter || index.sparse))) continue
    const found = candidate(index, query, constraints, order, forced)
    if (found && (found.one || !chosen || found.score > chosen.score)) chosen = found
    // Nothing reads less than one document.
    if (found?.one) break
  }
  return chosen && { access: accessOf(chosen, constraints), sorted: chosen.sorted }
}

/** A query with its values taken out. */
const shapeOf = (value: unknown): unknown => {
  if (isArray(value)) return value.slice(0, 1).map(shapeOf)
  return isDoc(value) ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shapeOf(part)])) : '?'
}

const hinted = (indexes: readonly Index[], hint: unknown): Index => {
  const found = indexes.find(index => (isDoc(hint) ? keyOf(index.spec.key).equals(keyOf(hint)) : index.name === hint))
  if (!found) throw new CommandError(2, 'error processing query: hint provided does not correspond to an existing index')
  return found
}

/** Chooses how to read: the longest run of equal fields, then a range or the order asked for; the matcher always runs again. */
export const plan = (collection: Collection, query: Doc, order: Order, hint?: unknown): Plan => {
  const indexes = [collection.idIndex, ...collection.indexes]
  const shape = () =>
    JSON.stringify({ filter: shapeOf(query), sort: Object.fromEntries(order.map(({ path, direction }) => [path, direction])) })
  const natural = order[0]?.path === '$natural' ? order[0].direction : isDoc(hint) && '$natural' in hint ? Number(hint.$natural) : undefined
  const whole: Plan = { accesses: [], sorted: order.length === 0 || order[0]?.path === '$natural', reverse: natural === -1, shape }
  if (natural !== undefined) return whole
  const forced = hint !== undefined && !(isDoc(hint) && Object.keys(hint).length === 0)
  const chosen = best(forced ? [hinted(indexes, hint)] : indexes, query, order, forced)
  if (chosen) return { accesses: [chosen.access], sorted: chosen.sorted, reverse: false, shape }
  const branches = isArray(query.$or) ? query.$or.map(branch => best(indexes, asDoc(branch), [])) : []
  const accesses = branches.flatMap(branch => (branch ? [branch.access] : []))
  if (accesses.length === 0 || accesses.length < branches.length) return whole
  return { accesses, sorted: order.length === 0, reverse: false, shape }
}
