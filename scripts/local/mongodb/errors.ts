import type { Doc } from './bson/types.ts'

const names: Record<number, string> = {
  1: 'InternalError',
  2: 'BadValue',
  6: 'HostUnreachable',
  7: 'HostNotFound',
  8: 'UnknownError',
  9: 'FailedToParse',
  13: 'Unauthorized',
  14: 'TypeMismatch',
  15: 'Overflow',
  16: 'InvalidLength',
  18: 'AuthenticationFailed',
  20: 'IllegalOperation',
  26: 'NamespaceNotFound',
  27: 'IndexNotFound',
  28: 'PathNotViable',
  40: 'ConflictingUpdateOperators',
  43: 'CursorNotFound',
  48: 'NamespaceExists',
  50: 'MaxTimeMSExpired',
  52: 'DollarPrefixedFieldName',
  53: 'InvalidIdField',
  54: 'NotSingleValueField',
  56: 'EmptyFieldName',
  59: 'CommandNotFound',
  63: 'StaleShardVersion',
  64: 'WriteConcernTimeout',
  66: 'ImmutableField',
  67: 'CannotCreateIndex',
  72: 'InvalidOptions',
  73: 'InvalidNamespace',
  79: 'UnknownReplWriteConcern',
  85: 'IndexOptionsConflict',
  86: 'IndexKeySpecsConflict',
  89: 'NetworkTimeout',
  91: 'ShutdownInProgress',
  100: 'UnsatisfiableWriteConcern',
  112: 'WriteConflict',
  115: 'CommandNotSupported',
  117: 'ConflictingOperationInProgress',
  121: 'DocumentValidationFailure',
  133: 'FailedToSatisfyReadPreference',
  134: 'ReadConcernMajorityNotAvailableYet',
  150: 'StaleEpoch',
  168: 'InvalidPipelineOperator',
  171: 'CannotIndexParallelArrays',
  175: 'QueryPlanKilled',
  189: 'PrimarySteppedDown',
  197: 'InvalidIndexSpecificationOption',
  216: 'ElectionInProgress',
  225: 'TransactionTooOld',
  234: 'RetryChangeStream',
  251: 'NoSuchTransaction',
  256: 'TransactionCommitted',
  260: 'InvalidResumeToken',
  262: 'ExceededTimeLimit',
  263: 'OperationNotSupportedInTransaction',
  280: 'ChangeStreamFatalError',
  286: 'ChangeStreamHistoryLost',
  352: 'UnsupportedOpQueryCommand',
  9001: 'SocketException',
  10107: 'NotWritablePrimary',
  10334: 'BSONObjectTooLarge',
  11000: 'DuplicateKey',
  11600: 'InterruptedAtShutdown',
  11601: 'Interrupted',
  11602: 'InterruptedDueToReplStateChange',
  13388: 'StaleConfig',
  13435: 'NotPrimaryNoSecondaryOk',
  13436: 'NotPrimaryOrSecondary',
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
