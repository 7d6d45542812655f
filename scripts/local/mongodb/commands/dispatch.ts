import type { Reply } from '../bson/reply.ts'
import { type Doc, isTrue, number } from '../bson/types.ts'
import { CommandError, codeName, onlyKnown, refuse } from '../errors.ts'
import { aggregate } from './aggregate.ts'
import { bulkWrite } from './bulk-write.ts'
import { collMod, create, drop, dropDatabase, listCollections, listDatabases } from './collections.ts'
import { type Command, type Context, refuseCollation } from './context.ts'
import { getMore, killCursors } from './cursor-commands.ts'
import { connectionStatus, getCmdLineOpts, getParameter, killAllSessions, serverStatus } from './diagnostics.ts'
import { explain } from './explain.ts'
import { configureFailPoint, withFault } from './fail-point.ts'
import { findAndModify } from './find-and-modify.ts'
import { buildInfo, checkConcerns, endSessions, hello, ping, saslStart } from './hello.ts'
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts'
import { count, distinct, find } from './read.ts'
import { abortTransaction, commitTransaction, runInTransaction } from './transactions.ts'
import * as write from './write.ts'

const commands: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping,
  buildInfo,
  buildinfo: buildInfo,
  endSessions,
  killSessions: endSessions,
  refreshSessions: endSessions,
  saslStart,
  insert: write.insert,
  update: write.update,
  delete: write.delete,
  findAndModify,
  findandmodify: findAndModify,
  bulkWrite,
  find,
  getMore,
  killCursors,
  count,
  distinct,
  explain,
  aggregate,
  create,
  collMod,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
  createIndexes,
  listIndexes,
  dropIndexes,
  commitTransaction,
  abortTransaction,
  configureFailPoint,
  killAllSessions,
  killAllSessionsByPattern: killAllSessions,
  connectionStatus,
  getCmdLineOpts,
  getParameter,
  serverStatus,
}

/** Commands of MongoDB that are known and refused, rather than unknown. */
const REFUSED = new Set([
  'mapReduce',
  'renameCollection',
  'collStats',
  'dbStats',
  'createSearchIndexes',
  'authenticate',
  'createUser',
  'compact',
  'validate',
  'currentOp',
  'killOp',
  'getLog',
  'hostInfo',
  'listCommands',
  'replSetGetConfig',
  'replSetGetStatus',
  'setParameter',
  'whatsmyuri',
])

/** Fields that any command may carry. */
const GENERIC = [
  '$db',
  'lsid',
  '$clusterTime',
  'txnNumber',
  '$readPreference',
  'readConcern',
  'writeConcern',
  'comment',
  'maxTimeMS',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
  'autocommit',
  'startTransaction',
]

const known = new Map(Object.entries(commands).map(([name, { fields }]) => [name, new Set([name, ...GENERIC, ...fields])]))

const nothing: ReadonlySet<string> = new Set()

const checkFields = ({ name, command }: Context, { refused }: Command) => {
  const fields = known.get(name) ?? nothing
  for (const field in command) {
    if (fields.has(field)) continue
    if (!refused?.includes(field)) onlyKnown(name, { [field]: true }, nothing)
    else if (isTrue(command[field])) refuse(`${name} option ${field}`, 72)
  }
}

/** Runs the command of a message. */
export const dispatch = (context: Context): Promise<Reply> | Reply => {
  const { name, command } = context
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!found && REFUSED.has(name)) throw new CommandError(115, `command ${name} is not supported by the embedded MongoDB server`)
  if (!found) throw new CommandError(59, `no such command: '${name}'`)
  // A newer driver may say more of itself in its greeting; nothing there changes an answer.
  if (found !== hello) checkFields(context, found)
  checkConcerns(command)
  refuseCollation(command)
  const run = () => (command.autocommit === undefined ? found.run(context) : runInTransaction(context, found))
  return context.faults.points.size > 0 ? withFault(context, run) : run()
}

/** The reply to a command that failed. */
export const failure = (error: unknown): Doc => {
  if (error instanceof CommandError)
    return { ok: 0, errmsg: error.message, code: number(error.code), codeName: codeName(error.code), ...error.extra }
  console.error(
    JSON.stringify({
      severity: 'ERROR',
      message: 'command failed',
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  )
  return { ok: 0, errmsg: `internal error: ${String(error)}`, code: number(1), codeName: codeName(1) }
}
