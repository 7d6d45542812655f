import { deserialize, ObjectId, serialize } from 'bson'
import { CommandError } from '../errors.ts'
import type { Doc } from './types.ts'

const faithful = { promoteValues: false, promoteLongs: false, bsonRegExp: true } as const

/** Decodes a document without turning any number into another type. */
export const decode = (bytes: Uint8Array): Doc => deserialize(bytes, faithful) as Doc

/** Decodes a command; the documents of an insert stay the bytes that came. */
export const decodeCommand = (bytes: Buffer): Doc => {
  const name = bytes.toString('latin1', 5, bytes.indexOf(0, 5))
  return deserialize(bytes, name === 'insert' ? { ...faithful, fieldsAsRaw: { documents: true } } : faithful) as Doc
}

/** Encodes a document. */
export const encode = (doc: Doc): Buffer => {
  const bytes = serialize(doc)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export const MAX_DOCUMENT = 16 * 1024 * 1024

/** Encodes a document with its `_id` first, wherever it stands: objects put names that look like numbers before all others. */
export const encodeStored = (doc: Doc): Buffer => {
  for (const first in doc) {
    if (first === '_id') return encode(doc)
    break
  }
  const { _id, ...rest } = doc
  const bytes = serialize(new Map([['_id', _id], ...Object.entries(rest)]))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const startsWithId = (bytes: Buffer) => bytes.toString('latin1', 5, 9) === '_id\0'

/** A document as it is stored: `_id` there and first. The bytes that came are kept when they already are so. */
export const storable = (doc: Doc, bytes?: Buffer): { doc: Doc; bytes: Buffer } => {
  const kept = bytes && startsWithId(bytes) ? bytes : undefined
  const stored = kept || '_id' in doc ? doc : { _id: new ObjectId(), ...doc }
  const encoded = kept ?? encodeStored(stored)
  if (encoded.length > MAX_DOCUMENT) {
    throw new CommandError(10334, `object to insert too large. size in bytes: ${encoded.length}, max size: ${MAX_DOCUMENT}`)
  }
  return { doc: stored, bytes: encoded }
}
