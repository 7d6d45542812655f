import { type FieldError, fieldErrors } from '../../../shared/runtime/problem.ts'
import type { Body } from '../body.ts'
import { refuse } from '../refuse.ts'
import { house } from './house.ts'
import { minimal } from './minimal.ts'
import { named, writtenPath } from './names.ts'
import type { Converter, SignalInput } from './standard.ts'
import { tradingviewJson } from './tradingview-json.ts'
import { tradingviewText } from './tradingview-text.ts'

/** Every format that is understood. A body that fits several is read as the first of them, unless its sender's `signal_format` names one. */
const converters: readonly Converter[] = [house, tradingviewJson, tradingviewText, minimal]

export interface Converted {
  input: SignalInput
  format: string
  /** A path in the form of the first format, as this sender wrote it. */
  pathOf(...path: PropertyKey[]): string
}

/**
 * A body as a signal, in the sender's configured format, or else by its shape.
 * @throws Problem 422 where no format fits or fields are wrong
 */
export function convert(body: Body, configured: string | null): Converted {
  const { fields } = named(body.fields)
  const converter =
    converters.find(({ name }) => name === configured) ?? converters.find(({ fits }) => fits({ fields, written: body.written }))
  if (!converter) {
    const detail = 'No known format fits: send the house format (with "signal") or an alert (with "ticker" and "action").'
    throw refuse('UNKNOWN_FORMAT', detail, [{ path: 'signal', message: 'is missing' }])
  }
  const parsed = converter.input.safeParse(converter.prepare(fields))
  if (parsed.success) {
    const pathOf = (...path: PropertyKey[]) => writtenPath(body.fields, converter.placeOf(path)).join('.')
    return { input: parsed.data, format: converter.name, pathOf }
  }
  throw invalid(`The signal was understood as ${converter.name}`, errorsOf(body, parsed.error.issues))
}

/** Where fields are wrong, under the names that they were sent under. */
export const errorsOf = (body: Body, issues: readonly { path: PropertyKey[]; message: string }[]): FieldError[] =>
  fieldErrors(issues.map(({ path, message }) => ({ path: writtenPath(body.fields, path), message })))

export const invalid = (understood: string, errors: FieldError[]) =>
  refuse('INVALID_SIGNAL', `${understood}, but ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}.`, errors)
