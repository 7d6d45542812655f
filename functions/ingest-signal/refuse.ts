import { type DoorRefusal, doorRefusals } from '../../shared/messages/door-refusals.ts'
import { type FieldError, Problem } from '../../shared/runtime/problem.ts'

/** A refusal of the door: its code's status, what was wrong here and what to do, and where. */
export const refuse = (code: DoorRefusal, detail: string, errors: FieldError[] = [], headers: Record<string, string> = {}): Problem =>
  new Problem({ status: doorRefusals[code].status, code, detail, errors, headers })

/** The database, or whatever else is needed, does not answer. */
export const unavailable = (): Problem =>
  refuse('UNAVAILABLE', 'Something behind this door does not answer now. Send the same again: it is done once.', [], { 'retry-after': '1' })
