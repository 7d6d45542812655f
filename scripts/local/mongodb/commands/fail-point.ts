import { asInteger } from '../bson/number.ts'
import type { Reply } from '../bson/reply.ts'
import { asDoc, type Doc, isArray, isDoc, isNumber, isTrue, number } from '../bson/types.ts'
import { CommandError, codeName, onlyKnown, refuse } from '../errors.ts'
import type { Command, Context } from './context.ts'
import type { FailPoint } from './faults.ts'

/** Ends the connection without an answer. */
export class Disconnect extends Error {}

const FIELDS = new Set([
  'failCommands',
  'errorCode',
  'errorLabels',
  'closeConnection',
  'blockConnection',
  'blockTimeMS',
  'writeConcernError',
])
/** Codes after which a driver may send the same write again. */
const RETRYABLE = new Set([6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])

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
    if (command.configureFailPoint !== 'failCommand') refuse(`fail point ${String(command.configureFailPoint)}`)
    const data = asDoc(command.data)
    onlyKnown('failCommand', data, FIELDS)
    const { skip, left } = modeOf(command.mode)
    faults.point =
      left === 0
        ? undefined
        : {
            commands: new Set(isArray(data.failCommands) ? data.failCommands : []),
            skip,
            left,
            errorCode: asInteger(data.errorCode),
            errorLabels: isArray(data.errorLabels) ? data.errorLabels : undefined,
            closeConnection: isTrue(data.closeConnection),
            blockMs: isTrue(data.blockConnection) ? (asInteger(data.blockTimeMS) ?? 0) : 0,
            writeConcernError: isDoc(data.writeConcernError) ? data.writeConcernError : undefined,
          }
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
  const { point } = faults
  if (!point?.commands.has(name)) return run()
  if (point.skip > 0) {
    point.skip--
    return run()
  }
  if (--point.left <= 0) faults.point = undefined
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
