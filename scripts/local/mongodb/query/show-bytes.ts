import { compileExpression } from '../aggregate/expressions.ts'
import { decode, encode } from '../bson/codec.ts'
import { keptOf, projectFields } from '../bson/project-fields.ts'
import { type Doc, isNumber, isTrue } from '../bson/types.ts'
import { compileProjection } from './projection.ts'

/** An encoded document as a projection shows it. */
export type ShownBytes = (bytes: Buffer) => Buffer

/** A projection that only includes fields, done without reading them; undefined for any other. A stored document begins with its `_id`. */
export function showBytes(spec: Doc): ShownBytes | undefined {
  const { _id = true, ...fields } = spec
  const plain = [_id, ...Object.values(fields)].every(value => isNumber(value) || typeof value === 'boolean')
  if (!plain || Object.keys(fields).length === 0 || !Object.values(fields).every(isTrue)) return undefined
  const kept = keptOf([...(isTrue(_id) ? ['_id'] : []), ...Object.keys(fields)])
  if (!kept) return undefined
  const project = compileProjection(spec, { expression: one => compileExpression(one, {}), aggregation: true })
  return bytes => projectFields(bytes, kept) ?? encode(project(decode(bytes), undefined))
}
