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
  /** Of a retryable write: fails it before it is done, rather than after. */
  before: boolean
}
/** Failures that a test asked for; they are refused by a server that was not started for tests. */
export type Faults = { readonly allowed: boolean; readonly points: Map<string, FailPoint> }

/** Ends the connection without an answer. */
export class Disconnect extends Error {}

/** Whether a fail point that a command has come to fails it, or lets it pass as one that is skipped. */
export const strikes = ({ points }: Faults, name: string, point: FailPoint): boolean => {
  if (point.skip > 0) {
    point.skip--
    return false
  }
  if (--point.left <= 0) points.delete(name)
  return true
}

/** The name of the fail point that ends the connection at the first attempt of a retryable write. */
export const ON_WRITE = 'onPrimaryTransactionalWrite'
