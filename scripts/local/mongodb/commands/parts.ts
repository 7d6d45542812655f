import { encode } from '../bson/codec.ts'
import { asDoc, type Doc, isArray, isDoc } from '../bson/types.ts'
import { type ShownBytes, showBytes } from '../query/show-bytes.ts'
import type { Match } from './read.ts'

/** A pipeline over one collection. */
export type Part = { collection: string; pipeline: readonly unknown[] }

const specOf = (stage: unknown): Part | undefined => {
  const union = asDoc(stage).$unionWith
  if (!isDoc(union) || typeof union.coll !== 'string' || !isArray(union.pipeline) || Object.keys(union).length !== 2) return undefined
  return { collection: union.coll, pipeline: union.pipeline }
}

/** A pipeline and those that `$unionWith` joins at its end, each by itself: their documents simply follow one another. */
export const partsOf = ({ collection, pipeline }: Part): Part[] => {
  const unions: Part[] = []
  let end = pipeline.length
  for (let union = specOf(pipeline[end - 1]); union; union = specOf(pipeline[end - 1])) {
    unions.unshift(union)
    end--
  }
  return [{ collection, pipeline: pipeline.slice(0, end) }, ...unions]
}

/** Writes a stored document as a `$project` of `$$ROOT` beside a literal would have it, without reading what is in it. */
export type Wrap = (match: Match) => Buffer

const documentEnd = Buffer.alloc(1)

/** The wrapping that stages do which do nothing else, `{_id: 0, name: {$literal: value}, other: '$$ROOT'}`; undefined for any other stages. */
export const wrapOf = (stages: readonly unknown[]): Wrap | undefined => {
  const shown = stages.length > 1 ? projectStage(asDoc(stages[0])) : whole
  const [stage, ...others] = stages.length > 1 ? stages.slice(1) : stages
  const project = asDoc(asDoc(stage).$project)
  const [id, literal, root, ...more] = Object.entries(project)
  if (!shown || others.length > 0 || more.length > 0 || !id || !literal || !root) return undefined
  if (id[0] !== '_id' || Number(id[1]) !== 0 || root[1] !== '$$ROOT' || !isDoc(literal[1]) || !('$literal' in literal[1])) return undefined
  const head = encode({ [literal[0]]: literal[1].$literal }).subarray(4, -1)
  const name = Buffer.from(`\x03${root[0]}\0`)
  return ({ row }) => {
    const bytes = shown(row.bytes)
    const size = Buffer.allocUnsafe(4)
    size.writeInt32LE(4 + head.length + name.length + bytes.length + 1)
    return Buffer.concat([size, head, name, bytes, documentEnd])
  }
}

const whole: ShownBytes = bytes => bytes

const projectStage = ({ $project, ...others }: Doc): ShownBytes | undefined =>
  Object.keys(others).length === 0 ? showBytes(asDoc($project)) : undefined
