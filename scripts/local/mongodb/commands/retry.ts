import { decode, encode } from '../bson/codec.ts'
import { keyOf } from '../bson/key.ts'
import { asNumber } from '../bson/number.ts'
import type { Reply } from '../bson/reply.ts'
import { asDoc, type Doc, isNumber, isTrue } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import type { Store } from '../storage/store.ts'
import type { Context } from './context.ts'
import { Disconnect, type Faults, ON_WRITE, strikes } from './faults.ts'

/** The session of a command, and the number that its transaction or retryable write has there. */
export const sessionOf = (command: Doc): { session: Buffer; txn: number } => ({
  session: keyOf(asDoc(command.lsid).id),
  txn: asNumber(command.txnNumber),
})

const FIND = 'SELECT txn, reply FROM sessions WHERE id = ?'
const ADD = 'INSERT INTO sessions (txn, reply, at, id) VALUES (?, ?, ?, ?)'
const CHANGE = 'UPDATE sessions SET txn = ?, reply = ?, at = ? WHERE id = ?'
const KEPT_MS = 60 * 60 * 1000

/** The last number of a session that was used, with its reply. */
export const lastOf = (store: Store, session: Buffer): { txn: number; reply: Uint8Array } | undefined => {
  const last = store.sql(FIND).get(session)
  return last && { txn: Number(last.txn), reply: last.reply as Uint8Array }
}

/** Keeps the reply to a session's last number; to be called inside a write. */
export const keepReply = (store: Store, { session, txn }: { session: Buffer; txn: number }, reply: Buffer) =>
  store.run(lastOf(store, session) ? CHANGE : ADD, txn, reply, Date.now(), session)

/** The end of the connection that a fail point asks for: thrown before the write, or given for after it. */
const cut = (faults: Faults): Disconnect | undefined => {
  const point = faults.points.get(ON_WRITE)
  if (!point || !strikes(faults, ON_WRITE, point)) return undefined
  const end = new Disconnect('closed by a fail point')
  if (point.before) throw end
  return end
}

/** What a majority acknowledges is on disk; what one member does need not be, unless it is asked to. */
const isJournaled = ({ writeConcern }: Doc): boolean => {
  const { w, j } = (writeConcern ?? {}) as Doc
  return isTrue(j) || w === undefined || w === 'majority'
}

/**
 * Runs a write; one that carries a session's transaction number runs once. Its reply is stored in the same transaction
 * as what it wrote, and given again when the driver, unsure whether it got through, sends it a second time.
 */
export const writeOnce = ({ store, command, faults }: Context, work: () => Reply): Promise<Reply> => {
  const waits = isJournaled(command)
  if (!isNumber(command.txnNumber) || command.autocommit !== undefined) return store.write(work, waits)
  const { session, txn } = sessionOf(command)
  let fault: Disconnect | undefined
  const written = store.write(() => {
    const last = lastOf(store, session)
    if (last && last.txn === txn) return { doc: decode(last.reply) }
    if (last && last.txn > txn) {
      throw new CommandError(
        225,
        `Retryable write with txnNumber ${txn} is prohibited on session because a newer one with txnNumber ${last.txn} has already started.`,
      )
    }
    fault = faults.points.size > 0 ? cut(faults) : undefined
    const { doc } = work()
    const bytes = encode(doc)
    store.run(last ? CHANGE : ADD, txn, bytes, Date.now(), session)
    return { doc, bytes }
  }, waits)
  return faults.points.size > 0 ? written.then(reply => (fault ? Promise.reject(fault) : reply)) : written
}

/** Forgets sessions that no driver would use any more. */
export const dropOldSessions = (store: Store, now: number) =>
  store.write(() => store.run('DELETE FROM sessions WHERE at < ?', now - KEPT_MS))
