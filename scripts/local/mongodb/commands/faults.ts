import type { Doc } from '../bson/types.ts'

export type FailPoint = {
  commands: ReadonlySet<unknown>
  skip: number
  left: number
  errorCode: number | undefined
  errorLabels: unknown[] | undefined
  closeConnection: boolean
  blockMs: number
  writeConcernError: Doc | undefined
}
/** Failures that a test asked for; they are refused by a server that was not started for tests. */
export type Faults = { readonly allowed: boolean; point: FailPoint | undefined }
