import { Binary, deserialize, Long, ObjectId, serialize, Timestamp } from 'bson'
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

/** Documents that are already encoded, to be placed in a reply as an array. */
export type Batch = { field: 'firstBatch' | 'nextBatch'; documents: Buffer[]; id: bigint; ns: string }

const arrayOf = (documents: Buffer[]): Buffer[] => {
  const parts: Buffer[] = [Buffer.alloc(4)]
  let size = 5
  documents.forEach((document, i) => {
    const name = Buffer.from(`\x03${i}\0`, 'latin1')
    parts.push(name, document)
    size += name.length + document.length
  })
  parts[0]?.writeInt32LE(size)
  parts.push(Buffer.from([0]))
  return parts
}

/** Encodes a reply, with its `cursor` made of encoded documents when there is a batch. */
export const encodeReply = (reply: Doc, batch?: Batch): Buffer => {
  if (!batch) return encode(reply)
  const array = arrayOf(batch.documents)
  const start = Buffer.from(`\x04${batch.field}\0`, 'latin1')
  const rest = encode({ id: Long.fromBigInt(batch.id), ns: batch.ns })
  const cursorSize = 4 + start.length + array.reduce((sum, part) => sum + part.length, 0) + rest.length - 4
  const cursorHead = Buffer.concat([Buffer.from('\x03cursor\0', 'latin1'), int32(cursorSize), start])
  const tail = encode(reply)
  const total = 4 + cursorHead.length + (cursorSize - 4 - start.length) + tail.length - 4
  return Buffer.concat([int32(total), cursorHead, ...array, rest.subarray(4), tail.subarray(4)])
}

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}

let last = 0n

/** A cluster time that only grows: seconds, and a counter inside the second. */
export const clusterTime = () => {
  const now = BigInt(Math.floor(Date.now() / 1000)) << 32n
  last = last >= now ? last + 1n : now + 1n
  return new Timestamp(last)
}

const unsigned = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO }

/** The fields every reply carries. */
export const gossip = () => {
  const now = clusterTime()
  return { operationTime: now, $clusterTime: { clusterTime: now, signature: unsigned } }
}
