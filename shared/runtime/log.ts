import type { StepName } from '../messages/pipeline-names.ts'

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL'
export type LogFields = Record<string, unknown>

/** One JSON line on standard output (OBS-1), in the field names that Google Cloud Logging reads. */
export const writeLog = (severity: Severity, message: string, fields: LogFields): void => {
  process.stdout.write(`${JSON.stringify({ severity, message, time: new Date().toISOString(), ...fields })}\n`)
}

/** What an error says in a log line: its message and the chain of its causes, never the objects it carries. */
export const errorText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message} ← ${errorText(error.cause)}`
}

export interface Log {
  info(message: string, fields?: LogFields): void
  warning(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** A log whose lines all carry the step's name and what is known of the request or message. */
export const logOf = (step: StepName, known: LogFields): Log => ({
  info: (message, fields) => writeLog('INFO', message, { step, ...known, ...fields }),
  warning: (message, fields) => writeLog('WARNING', message, { step, ...known, ...fields }),
  error: (message, fields) => writeLog('ERROR', message, { step, ...known, ...fields }),
})
