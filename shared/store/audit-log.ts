import { createHash } from 'node:crypto'
import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'
import { inTransaction, type Transaction } from './transaction.ts'

const auditLine = z.object({
  /** Each writer has a chain of its own. */
  writer: z.string(),
  sequence: z.number(),
  at: date,
  who: z.string(),
  /** The address it came from; null for a machine's own act. */
  from: z.string().nullable(),
  what: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  reason: z.string(),
  prev_hash: z.string(),
  hash: z.string(),
})
export type AuditLine = z.output<typeof auditLine>

export const auditLog = collection('audit_log', {
  schema: auditLine,
  indexes: [{ key: { writer: 1, sequence: 1 }, unique: true }, { key: { at: -1 } }],
  retention: 'forever',
})

export const FIRST_HASH = '0'.repeat(64)

/** Hash of a line and, through `prev_hash`, of all before it; SHA-256 over its fields as JSON, in a fixed order. */
const auditHash = ({ writer, sequence, at, who, from, what, before, after, reason, prev_hash }: Omit<AuditLine, 'hash'>): string =>
  createHash('sha256')
    .update(JSON.stringify([writer, sequence, at.toISOString(), who, from, what, before ?? null, after ?? null, reason, prev_hash]))
    .digest('hex')

export type NewAuditLine = Pick<AuditLine, 'writer' | 'at' | 'who' | 'from' | 'what' | 'before' | 'after' | 'reason'>

/** As JSON has it, so that what is read back is what was hashed. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null))

const isRacedFor = (error: unknown) => isDuplicateKey(error, 'sequence')

const lastAppends = new WeakMap<Store, Map<string, Promise<void>>>()

/**
 * Appends a line to its writer's chain. Lines of one process wait for each other, so that a flood of refusals does not race for places;
 * writers in other processes may take one, and then the next is tried.
 */
export function appendAudit(store: Store, line: NewAuditLine): Promise<void> {
  const ofStore = lastAppends.get(store) ?? new Map<string, Promise<void>>()
  lastAppends.set(store, ofStore)
  const before = ofStore.get(line.writer) ?? Promise.resolve()
  const appended = before.catch(() => undefined).then(() => append(store, line))
  ofStore.set(line.writer, appended)
  return appended
}

async function append(store: Store, line: NewAuditLine): Promise<void> {
  for (;;) {
    try {
      return await insertLine(store, line)
    } catch (error) {
      if (!isRacedFor(error)) throw error
    }
  }
}

async function insertLine(store: Store, line: NewAuditLine, within: Transaction = {}): Promise<void> {
  const [last] = await auditLog.in(store).find({ writer: line.writer }, within).sort({ sequence: -1 }).limit(1).toArray()
  const open = {
    ...line,
    before: plain(line.before),
    after: plain(line.after),
    sequence: (last?.sequence ?? 0) + 1,
    prev_hash: last?.hash ?? FIRST_HASH,
  }
  await auditLog.in(store).insertOne({ ...open, hash: auditHash(open) }, within)
}

/** A change, and what the audit log says of it; null where nothing was changed after all. */
export interface Audited<T> {
  result: T
  line: NewAuditLine | null
}

/** Makes a change and its audit line one: there is never one without the other. `change` may run several times. */
export async function audited<T>(store: Store, change: (within: Transaction) => Promise<Audited<T>>): Promise<T> {
  for (;;) {
    try {
      return await inTransaction(store, async within => {
        const { result, line } = await change(within)
        if (line) await insertLine(store, line, within)
        return result
      })
    } catch (error) {
      if (!isRacedFor(error)) throw error
    }
  }
}

/** First line of a writer's chain that does not follow from the one before it; null when all do. */
export async function firstBreak(store: Store, writer: string): Promise<number | null> {
  let prev_hash = FIRST_HASH
  let sequence = 0
  for await (const document of auditLog.in(store).find({ writer }).sort({ sequence: 1 })) {
    const line = auditLog.read(document)
    sequence += 1
    if (line.sequence !== sequence || line.prev_hash !== prev_hash || line.hash !== auditHash(line)) return sequence
    prev_hash = line.hash
  }
  return null
}

/** Everybody who has written a line. */
export const auditWriters = async (store: Store): Promise<string[]> => (await auditLog.in(store).distinct('writer')).map(String).sort()
