import { compare, compoundKey } from '../bson/key.ts'
import { asNumber } from '../bson/number.ts'
import { type Doc, isDoc, isNumber } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { keyValues } from './path.ts'

export type Order = { path: string; direction: 1 | -1 }[]

/** Reads a sort specification. */
export const parseSort = (sort: Doc): Order =>
  Object.entries(sort).map(([path, value]) => {
    if (isDoc(value)) return refuse(`sort by ${Object.keys(value)[0]}`, 2)
    const direction = isNumber(value) ? asNumber(value) : 0
    if (direction !== 1 && direction !== -1)
      throw new CommandError(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)')
    return { path, direction }
  })

/** A function to the byte string by which documents are sorted: of an array, its least or greatest element counts. */
export const sortKey = (order: Order): ((doc: Doc) => Buffer) => {
  const paths = order.map(({ path }) => path.split('.'))
  const directions = order.map(({ direction }) => direction)
  return doc =>
    compoundKey(
      paths.map((parts, i) => {
        const { values } = keyValues(doc, parts)
        return values.length === 1
          ? values[0]
          : values.reduce((best, value) => (compare(value, best) * (directions[i] ?? 1) < 0 ? value : best))
      }),
      directions,
    )
}
