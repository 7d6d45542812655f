import type { Doc } from './bson/types.ts'

const names: Record<number, string> = {
  1: 'InternalError',
  2: 'BadValue',
  9: 'FailedToParse',
  14: 'TypeMismatch',
  15: 'Overflow',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  56: 'EmptyFieldName',
  59: 'CommandNotFound',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  100: 'UnsatisfiableWriteConcern',
  112: 'WriteConflict',
  115: 'CommandNotSupported',
  121: 'DocumentValidationFailure',
  168: 'InvalidPipelineOperator',
  171: 'CannotIndexParallelArrays',
  175: 'QueryPlanKilled',
  197: 'InvalidIndexSpecificationOption',
  225: 'TransactionTooOld',
  251: 'NoSuchTransaction',
  256: 'TransactionCommitted',
  263: 'OperationNotSupportedInTransaction',
  260: 'InvalidResumeToken',
  280: 'ChangeStreamFatalError',
  286: 'ChangeStreamHistoryLost',
  352: 'UnsupportedOpQueryCommand',
  11600: 'InterruptedAtShutdown',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
}

/** MongoDB's name of an error code; codes without a name are called by their number, as MongoDB does. */
export const codeName = (code: number) => names[code] ?? `Location${code}`

/** An error a client sees: MongoDB's code, a message, and fields that go beside them in the reply. */
export class CommandError extends Error {
  readonly code: number
  readonly extra: Doc

  constructor(code: number, message: string, extra: Doc = {}) {
    super(message)
    this.name = 'CommandError'
    this.code = code
    this.extra = extra
  }
}

/** Refuses a feature by its name; the code says how MongoDB itself would class the refusal. */
export const refuse = (feature: string, code = 115): never => {
  throw new CommandError(code, `${feature} is not supported by the embedded MongoDB server`)
}

/** Refuses the fields of a specification that are not among the known ones. */
export const onlyKnown = (what: string, spec: Doc, known: ReadonlySet<string>, code = 40415) => {
  for (const field in spec) if (!known.has(field)) throw new CommandError(code, `BSON field '${what}.${field}' is an unknown field.`)
}
