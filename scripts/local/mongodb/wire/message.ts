import { decode, decodeCommand } from '../bson/codec.ts'
import { type Doc, isArray } from '../bson/types.ts'
import { CommandError } from '../errors.ts'

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_COMPRESSED = 2012
const OP_MSG = 2013
const HEADER = 16
const MORE_TO_COME = 2
const CHECKSUM = 1
const MAX_MESSAGE = 48_000_000 + 64 * 1024

export type Request = { id: number; opCode: number; command: Doc; name: string; db: string; answered: boolean }

/** Cuts messages from the bytes of a connection; gives them and the bytes that are left. */
export const splitMessages = (bytes: Buffer): { messages: Buffer[]; rest: Buffer } => {
  const messages: Buffer[] = []
  let at = 0
  while (bytes.length - at >= HEADER) {
    const length = bytes.readInt32LE(at)
    if (length < HEADER || length > MAX_MESSAGE) throw new Error(`WIRE_LENGTH: bytes=${length}`)
    if (bytes.length - at < length) break
    messages.push(bytes.subarray(at, at + length))
    at += length
  }
  return { messages, rest: bytes.subarray(at) }
}

const cstring = (bytes: Buffer, at: number) => bytes.toString('utf8', at, bytes.indexOf(0, at))

const nameOf = (command: Doc) => {
  for (const name in command) return name
  return ''
}

/** The length that a document or section says it has; one that could not move the reader on is refused. */
const sizeAt = (bytes: Buffer, at: number) => {
  const size = bytes.readInt32LE(at)
  if (size < 5 || at + size > bytes.length) throw new Error(`WIRE_SIZE: bytes=${size}`)
  return size
}

const documentSequence = (section: Buffer, command: Doc) => {
  const field = cstring(section, 4)
  // Documents to insert stay the bytes that came.
  const raw = nameOf(command) === 'insert'
  const documents: unknown[] = []
  for (let at = 5 + Buffer.byteLength(field); at < section.length; ) {
    const size = sizeAt(section, at)
    const document = section.subarray(at, at + size)
    documents.push(raw ? document : decode(document))
    at += size
  }
  const there = command[field]
  command[field] = isArray(there) ? [...there, ...documents] : documents
}

const readMessage = (bytes: Buffer, id: number): Request => {
  const flags = bytes.readUInt32LE(HEADER)
  const end = bytes.length - (flags & CHECKSUM ? 4 : 0)
  const sequences: Buffer[] = []
  let command: Doc = {}
  for (let at = HEADER + 4; at < end; ) {
    const kind = bytes[at++]
    const section = bytes.subarray(at, at + sizeAt(bytes, at))
    if (kind === 0) command = decodeCommand(section)
    else if (kind === 1) sequences.push(section)
    else throw new CommandError(40432, `Unknown section kind ${kind}`)
    at += section.length
  }
  for (const section of sequences) documentSequence(section, command)
  return { id, opCode: OP_MSG, command, name: nameOf(command), db: String(command.$db ?? 'admin'), answered: (flags & MORE_TO_COME) === 0 }
}

/** Reads one message: OP_MSG, or the legacy OP_QUERY with which a driver first says hello. */
export const readRequest = (bytes: Buffer): Request => {
  const id = bytes.readInt32LE(4)
  const opCode = bytes.readInt32LE(12)
  if (opCode === OP_MSG) return readMessage(bytes, id)
  if (opCode === OP_COMPRESSED) throw new Error('WIRE_COMPRESSION: compressed messages are not supported by the embedded MongoDB server')
  if (opCode !== OP_QUERY) throw new Error(`WIRE_OPCODE: opcode ${opCode} is not supported by the embedded MongoDB server`)
  const collection = cstring(bytes, HEADER + 4)
  const sent = decode(bytes.subarray(HEADER + 4 + Buffer.byteLength(collection) + 1 + 8))
  const command = (sent.$query as Doc | undefined) ?? sent
  return { id, opCode, command, name: nameOf(command), db: collection.split('.')[0] ?? 'admin', answered: true }
}

export const isLegacy = ({ opCode }: Request) => opCode === OP_QUERY

let lastId = 0

/** Frames the parts of an encoded reply to a request. */
export const frame = (request: Pick<Request, 'id' | 'opCode'>, body: readonly Buffer[]): Buffer => {
  const legacy = request.opCode === OP_QUERY
  const head = Buffer.alloc(HEADER + (legacy ? 20 : 5))
  const size = body.reduce((sum, { length }) => sum + length, head.length)
  head.writeInt32LE(size, 0)
  lastId = (lastId + 1) & 0x7fffffff
  head.writeInt32LE(lastId, 4)
  head.writeInt32LE(request.id, 8)
  head.writeInt32LE(legacy ? OP_REPLY : OP_MSG, 12)
  if (legacy) {
    head.writeInt32LE(8, HEADER)
    head.writeInt32LE(1, HEADER + 16)
  }
  return Buffer.concat([head, ...body], size)
}
