import { decode, encode } from '../bson/codec.ts'
import type { Reply } from '../bson/reply.ts'
import { asDoc, type Doc, isArray, isNumber, isTrue } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import type { Change } from '../storage/oplog.ts'
import { deleteRow, insertRow, updateRow } from '../storage/rows.ts'
import { Postponed, type Store } from '../storage/store.ts'
import { type Command, type Context, ensureCollection } from './context.ts'
import { withoutBreath } from './cursors.ts'
import { keepReply, lastOf, sessionOf } from './retry.ts'
import { keysTaken, type Taken, takenBy } from './taken-keys.ts'

/**
 * A transaction's own writes are kept apart. For each of its commands the database is brought to where the transaction sees it: what others
 * committed since its first command is taken back, what it wrote itself is done again, and after the command all of it is undone. So it reads one
 * moment, nobody reads what it wrote before its commit, and writes outside it go on meanwhile.
 */
type Transaction = {
  session: string
  txn: number
  since: number
  state: 'open' | 'aborted'
  mine: Change[]
  theirs: Change[]
  /** The rows that it wrote, and those that others changed since it began. */
  wrote: Set<string>
  changed: Set<string>
  /** Whether it took a unique key, and whether others did since it began. */
  tookKey: Taken
  theyTookKey: Taken
  over: Promise<void>
  end(): void
}

type Transactions = { bySession: Map<string, Transaction>; open: Set<Transaction>; running: Transaction | undefined }

const LIFE_MS = 60_000
/** How long a write outside waits for a transaction that wrote the same document; then the transaction gives way. */
const PATIENCE_MS = 2_000
const MOST_CHANGES = 100_000
const ALLOWED = new Set([
  'insert',
  'update',
  'delete',
  'findAndModify',
  'findandmodify',
  'find',
  'aggregate',
  'distinct',
  'getMore',
  'killCursors',
  'bulkWrite',
])

/** What MongoDB allows in a transaction too. */
const NOT_YET = new Set(['create', 'createIndexes'])

const TRANSIENT = { errorLabels: ['TransientTransactionError'] }
const known = new WeakMap<Store, Transactions>()

const bad = (code: number, message: string, extra: Doc = {}): never => {
  throw new CommandError(code, message, extra)
}
/** Not an error of one operation of a command, but of all of it. */
class Conflict extends Error {}
const conflict = (): never => {
  throw new Conflict('the same document was written by another')
}
const CONFLICT =
  'WriteConflict error: this operation conflicted with another operation. Please retry your operation or multi-document transaction.'
const none = (txn: number) => bad(251, `Given transaction number ${txn} does not match any in-progress transactions.`, TRANSIENT)

const rowOf = ({ ns, rid }: Change) => `${ns} ${rid}`

const close = (all: Transactions, transaction: Transaction) => {
  if (transaction.state === 'open') transaction.state = 'aborted'
  all.open.delete(transaction)
  transaction.mine = []
  transaction.theirs = []
  transaction.end()
}

/** A write outside waits for the transaction that wrote the same document, but not for ever. */
const giveWay = (all: Transactions, transaction: Transaction): never => {
  const timer = setTimeout(() => close(all, transaction), PATIENCE_MS)
  timer.unref()
  throw new Postponed(transaction.over.then(() => clearTimeout(timer)))
}

/** Two transactions cannot both take a unique key, though neither sees what the other wrote; nor one that was committed meanwhile. */
const refuseTakenKeys = (store: Store, { open }: Transactions, running: Transaction, change: Change) => {
  for (const key of keysTaken(store, change)) {
    if (running.theyTookKey(key)) conflict()
    for (const other of open) if (other !== running && other.tookKey(key)) conflict()
  }
}

const transactionsOf = (store: Store): Transactions => {
  const there = known.get(store)
  if (there) return there
  const all: Transactions = { bySession: new Map(), open: new Set(), running: undefined }
  known.set(store, all)
  store.guard.before = change => {
    if (all.open.size === 0 || change.rid === undefined) return
    // What is brought to where a transaction sees it is undone again.
    if (store.attempting() && !all.running) return
    const row = rowOf(change)
    if (all.running?.changed.has(row)) conflict()
    if (all.running) refuseTakenKeys(store, all, all.running, change)
    for (const other of all.open) {
      if (other === all.running || !other.wrote.has(row)) continue
      if (store.attempting()) conflict()
      giveWay(all, other)
    }
  }
  store.guard.committed = changes => {
    for (const transaction of all.open) {
      for (const change of changes) {
        // What a drop took away cannot be shown again.
        if (change.rid === undefined || transaction.theirs.length >= MOST_CHANGES) close(all, transaction)
        else {
          transaction.theirs.push(change)
          transaction.changed.add(rowOf(change))
        }
      }
    }
  }
  return all
}

const move = (store: Store, change: Change, forward: boolean) => {
  const { rid = 0, ns, paths } = change
  const [from, to] = forward ? [change.before, change.after] : [change.after, change.before]
  const collection = ensureCollection(store, ns)
  if (!from && to) insertRow(store, collection, decode(to), to, rid)
  else if (from && !to) deleteRow(store, collection, { rid, bytes: from })
  else if (from && to) updateRow(store, collection, { rid, bytes: from }, { doc: decode(to), bytes: to, touched: undefined, paths })
}

const begin = (store: Store, all: Transactions, { session, txn }: { session: Buffer; txn: number }): Transaction => {
  const key = session.toString('latin1')
  const before = all.bySession.get(key)
  const last = Math.max(before?.txn ?? -1, lastOf(store, session)?.txn ?? -1)
  if (txn <= last && before?.txn === txn && before.state === 'open') bad(117, `transaction ${txn} is already in progress`)
  if (txn <= last) bad(225, `Cannot start transaction ${txn} on session because a newer transaction ${last} has already started.`)
  if (before) close(all, before)
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const shared = { mine: [], theirs: [], wrote: new Set<string>(), changed: new Set<string>() }
  const transaction: Transaction = {
    session: key,
    txn,
    since: Date.now(),
    state: 'open',
    ...shared,
    tookKey: takenBy(store, () => transaction.mine),
    theyTookKey: takenBy(store, () => transaction.theirs),
    over,
    end,
  }
  all.bySession.set(key, transaction)
  all.open.add(transaction)
  return transaction
}

const current = (all: Transactions, command: Doc): Transaction => {
  const { session, txn } = sessionOf(command)
  const found = all.bySession.get(session.toString('latin1'))
  return found && found.txn === txn && found.state === 'open' ? found : none(txn)
}

/** A change stream waits, which nothing in a transaction may. */
const isStream = ({ command, name, cursors }: Context) =>
  (name === 'aggregate' && isArray(command.pipeline) && '$changeStream' in asDoc(command.pipeline[0])) ||
  (name === 'getMore' && 'stream' in (cursors.get(BigInt(String(command.getMore))) ?? {}))

const failedIn = ({ doc }: Reply) => isArray(doc.writeErrors) && doc.writeErrors.length > 0

/** An error that running the whole transaction again may not meet. */
const labelled = (error: unknown): unknown => {
  if (error instanceof Conflict) return new CommandError(112, CONFLICT, TRANSIENT)
  return error instanceof CommandError && [112, 251].includes(error.code) && !('errorLabels' in error.extra)
    ? new CommandError(error.code, error.message, { ...error.extra, ...TRANSIENT })
    : error
}

/** Runs a command of a transaction; any error ends the transaction. */
export const runInTransaction = async (context: Context, command: Command): Promise<Reply> => {
  const { store, name } = context
  const asked = context.command
  if (asked.autocommit !== false) return bad(72, 'autocommit may only be false')
  if (!isNumber(asked.txnNumber) || asDoc(asked.lsid).id === undefined)
    return bad(72, 'a transaction needs a session and a transaction number')
  if (name === 'commitTransaction' || name === 'abortTransaction') return command.run(context)
  const all = transactionsOf(store)
  const transaction = isTrue(asked.startTransaction) ? begin(store, all, sessionOf(asked)) : current(all, asked)
  try {
    if (NOT_YET.has(name)) refuse(`${name} in a transaction`, 263)
    if (!ALLOWED.has(name) || isStream(context)) return bad(263, `Cannot run '${name}' in a multi-document transaction.`)
    const prepare = () => {
      if (transaction.state !== 'open') none(transaction.txn)
      for (const change of transaction.theirs.toReversed()) move(store, change, false)
      for (const change of transaction.mine) move(store, change, true)
      all.running = transaction
    }
    const { value, changes } = await store.attempt(prepare, () => withoutBreath(() => command.run(context)))
    transaction.mine.push(...changes)
    for (const change of changes) transaction.wrote.add(rowOf(change))
    if (failedIn(value)) close(all, transaction)
    return value
  } catch (error) {
    close(all, transaction)
    throw labelled(error)
  } finally {
    all.running = undefined
  }
}

export const commitTransaction: Command = {
  fields: ['recoveryToken'],
  run: ({ store, command }) => {
    const all = transactionsOf(store)
    const key = sessionOf(command)
    const known = all.bySession.get(key.session.toString('latin1'))
    return store.write((): Reply => {
      // Asked again, because the driver could not know whether it was done.
      const last = lastOf(store, key.session)
      if (last?.txn === key.txn) return { doc: decode(last.reply) }
      if (!known || known.txn !== key.txn || known.state !== 'open') return none(key.txn)
      const { mine } = known
      close(all, known)
      try {
        for (const change of mine) move(store, change, true)
      } catch (error) {
        // A key that it saw free was taken before it was done.
        throw error instanceof CommandError && error.code === 11000 ? labelled(new Conflict()) : error
      }
      keepReply(store, key, encode({}))
      return { doc: {} }
    })
  },
}

export const abortTransaction: Command = {
  fields: ['recoveryToken'],
  run: ({ store, command }) => {
    const all = transactionsOf(store)
    const { session, txn } = sessionOf(command)
    if (lastOf(store, session)?.txn === txn) bad(256, `Transaction ${txn} has been committed.`)
    close(all, current(all, command))
    return { doc: {} }
  },
}

/** Ends every open transaction. */
export const abortAll = (store: Store) => {
  const all = known.get(store)
  for (const transaction of [...(all?.open ?? [])]) if (all) close(all, transaction)
}

/** Ends transactions that were left open for too long. */
export const abortOld = (store: Store, now: number) => {
  const all = known.get(store)
  for (const [session, transaction] of all?.bySession ?? []) {
    if (now - transaction.since < LIFE_MS) continue
    if (all) close(all, transaction)
    if (now - transaction.since > 10 * LIFE_MS) all?.bySession.delete(session)
  }
}
