import { asInteger } from '../bson/number.ts'
import type { Reply } from '../bson/reply.ts'
import { asDoc, type Doc, isArray, isDoc, isNumber, isTrue, number } from '../bson/types.ts'
import { CommandError, codeName, onlyKnown, refuse } from '../errors.ts'
import type { Command, Context } from './context.ts'
import { Disconnect, type FailPoint, ON_WRITE, strikes } from './faults.ts'

const ON_COMMAND = 'failCommand'
const ON_GET_MORE = 'failGetMoreAfterCursorCheckout'
const FIELDS: Record<string, ReadonlySet<string>> = {
  [ON_GET_MORE]: new Set(['errorCode', 'closeConnection']),
  [ON_WRITE]: new Set(['failBeforeCommitExceptionCode', 'closeConnection']),
  [ON_COMMAND]: new Set([
    'failCommands',
    'errorCode',
    'errorLabels',
    'closeConnection',
    'blockConnection',
    'blockTimeMS',
    'writeConcernError',
  ]),
}
const PASSING = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]
/** Codes after which a driver may send the same write again. */
const RETRYABLE = new Set([134, ...PASSING])
/** Codes after which a change stream may be opened again where it stood. */
const RESUMABLE = new Set([63, 133, 150, 234, 13388, ...PASSING])

/** The labels that a fail point gives instead of those that go with the code. */
const givenLabels = (point: string, { errorCode, errorLabels }: Doc): unknown[] | undefined => {
  if (point === ON_GET_MORE) return RESUMABLE.has(asInteger(errorCode) ?? 0) ? ['ResumableChangeStreamError'] : []
  return isArray(errorLabels) ? errorLabels : undefined
}

const modeOf = (mode: unknown): { skip: number; left: number } => {
  if (mode === 'alwaysOn') return { skip: 0, left: Number.POSITIVE_INFINITY }
  if (mode === 'off') return { skip: 0, left: 0 }
  const { times, skip } = asDoc(mode)
  if (times === undefined && skip === undefined)
    throw new CommandError(9, "a fail point's mode is 'alwaysOn', 'off', {times: n} or {skip: n}")
  return { skip: asInteger(skip) ?? 0, left: times === undefined ? Number.POSITIVE_INFINITY : (asInteger(times) ?? 0) }
}

export const configureFailPoint: Command = {
  fields: ['mode', 'data'],
  run: ({ command, db, faults }) => {
    if (!faults.allowed)
      throw new CommandError(59, "no such command: 'configureFailPoint' (the server was not started with --test-commands)")
    if (db !== 'admin') throw new CommandError(13, 'configureFailPoint may only be run against the admin database.')
    const point = String(command.configureFailPoint)
    const fields = FIELDS[point] ?? refuse(`fail point ${point}`)
    const data = asDoc(command.data)
    if (data.appName !== undefined) refuse('a fail point of one appName')
    onlyKnown(point, data, fields)
    const { skip, left } = modeOf(command.mode)
    if (left === 0) faults.points.delete(point)
    else
      faults.points.set(point, {
        commands: new Set(point === ON_GET_MORE ? ['getMore'] : isArray(data.failCommands) ? data.failCommands : []),
        skip,
        left,
        errorCode: asInteger(data.errorCode),
        errorLabels: givenLabels(point, data),
        closeConnection: isTrue(data.closeConnection),
        blockMs: isTrue(data.blockConnection) ? (asInteger(data.blockTimeMS) ?? 0) : 0,
        writeConcernError: isDoc(data.writeConcernError) ? data.writeConcernError : undefined,
        before: data.failBeforeCommitExceptionCode !== undefined,
      })
    return { doc: {} }
  },
}

/** Whether a driver may send the command again: a retryable write, or the end of a transaction. */
const isRetryable = ({ command, name }: Context) =>
  isNumber(command.txnNumber) && (command.autocommit === undefined || name === 'commitTransaction' || name === 'abortTransaction')

const labelsOf = (context: Context, { errorLabels }: FailPoint, code: number): Doc => {
  if (errorLabels) return errorLabels.length > 0 ? { errorLabels } : {}
  if (RETRYABLE.has(code) && isRetryable(context)) return { errorLabels: ['RetryableWriteError'] }
  return context.command.autocommit !== undefined && (code === 112 || code === 251 || RETRYABLE.has(code))
    ? { errorLabels: ['TransientTransactionError'] }
    : {}
}

/** Runs a command, or what the fail point makes of it. */
export const withFault = async (context: Context, run: () => Promise<Reply> | Reply): Promise<Reply> => {
  const { faults, name } = context
  const [kind = '', point] = [...faults.points].find(([, { commands }]) => commands.has(name)) ?? []
  if (!point || !strikes(faults, kind, point)) return run()
  if (point.blockMs > 0) await new Promise(resolve => setTimeout(resolve, point.blockMs))
  if (point.closeConnection) throw new Disconnect('closed by a fail point')
  const { errorCode, writeConcernError } = point
  if (errorCode !== undefined) {
    throw new CommandError(
      errorCode,
      `Failing command via 'failCommand' failpoint (${codeName(errorCode)})`,
      labelsOf(context, point, errorCode),
    )
  }
  const reply = await run()
  if (!writeConcernError) return reply
  const { doc, ...rest } = reply
  delete rest.bytes
  const code = asInteger(writeConcernError.code) ?? 0
  return { ...rest, doc: { ...doc, writeConcernError: { ...writeConcernError, code: number(code) }, ...labelsOf(context, point, code) } }
}
