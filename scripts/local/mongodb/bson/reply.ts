import { Binary, Long, Timestamp } from 'bson'
import { clusterTime } from './cluster-time.ts'
import { encode } from './codec.ts'
import type { Doc } from './types.ts'

/** Documents that are already encoded, to be placed in a reply as an array; `token` is where a change stream goes on behind them. */
export type Batch = { field: 'firstBatch' | 'nextBatch'; documents: Buffer[]; id: bigint; ns: string; token?: string }
/** `bytes` are the encoded document, where somebody needed them before. */
export type Reply = { doc: Doc; bytes?: Buffer; batch?: Batch }

/** The elements of an encoded document. */
const elementsOf = (bytes: Buffer) => bytes.subarray(4, -1)

const mark = new Timestamp(0x0123456789abcdefn)
const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO }
/** What every reply ends with; only the times in it change. */
const gossip = encode({ operationTime: mark, $clusterTime: { clusterTime: mark, signature } }).subarray(4)
const marked = encode({ at: mark }).subarray(8, 16)
const times = [gossip.indexOf(marked), gossip.lastIndexOf(marked)]
const fine = elementsOf(encode({ ok: 1 }))

const ending = () => {
  const now = clusterTime()
  const bytes = Buffer.from(gossip)
  for (const at of times) bytes.writeBigUInt64LE(now, at)
  return bytes
}

const int32 = (value: number) => {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32LE(value)
  return bytes
}

const sizeOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0)

const end = Buffer.alloc(1)
const cursor = Buffer.from('\x03cursor\0', 'latin1')
const fields = { firstBatch: Buffer.from('\x04firstBatch\0', 'latin1'), nextBatch: Buffer.from('\x04nextBatch\0', 'latin1') }

const cursorOf = ({ documents, field, id, ns, token }: Batch): Buffer[] => {
  const elements = documents.flatMap((document, i) => [Buffer.from(`\x03${i}\0`, 'latin1'), document])
  const more = token === undefined ? {} : { postBatchResumeToken: { _data: token } }
  const tail = encode({ ...more, id: Long.fromBigInt(id), ns }).subarray(4)
  const parts = [fields[field], int32(sizeOf(elements) + 5), ...elements, end, tail]
  return [cursor, int32(sizeOf(parts) + 4), ...parts]
}

/** The parts of an encoded reply, one behind the other. One to a command that failed says so in its document. */
export const encodeReply = ({ doc, bytes, batch }: Reply, ok: boolean): Buffer[] => {
  const parts = batch ? cursorOf(batch) : []
  parts.push(elementsOf(bytes ?? encode(doc)))
  if (ok) parts.push(fine)
  parts.push(ending())
  return [int32(sizeOf(parts) + 4), ...parts]
}
