import { Timestamp } from 'bson'
import { type Doc, isDoc } from '../bson/types.ts'
import { CommandError, onlyKnown, refuse } from '../errors.ts'

/** Where a stream stands: at a mark between events, on an event, or on the end that a drop brought. */
export type Place = { time: bigint; kind: 'mark' | 'event' | 'invalidate' }

const KINDS = ['mark', 'event', 'invalidate'] as const

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

/** The `_data` of a resume token; tokens are in the order of their events. */
export const tokenOf = ({ time, kind }: Place) =>
  `${time.toString(16).padStart(16, '0')}${KINDS.indexOf(kind).toString(16).padStart(2, '0')}`.toUpperCase()

const placeOf = (token: unknown): Place => {
  const data = isDoc(token) ? token._data : undefined
  if (typeof data !== 'string') return bad(40647, 'Bad resume token: _data of missing or of wrong type')
  const [, time = '', at = ''] = /^([0-9a-f]{16})(0[012])$/i.exec(data) ?? bad(50811, 'resume token string was not a valid hex string')
  return { time: BigInt(`0x${time}`), kind: KINDS[Number(at)] ?? 'mark' }
}

const FIELDS = new Set([
  'resumeAfter',
  'startAfter',
  'startAtOperationTime',
  'fullDocument',
  'fullDocumentBeforeChange',
  'allChangesForCluster',
  'showExpandedEvents',
])

const startOf = ({ resumeAfter, startAfter, startAtOperationTime }: Doc): Place | undefined => {
  const given = [resumeAfter, startAfter, startAtOperationTime].filter(option => option !== undefined)
  if (given.length > 1) bad(40674, 'Only one type of resume option is allowed, but multiple were found.')
  if (startAfter !== undefined) return placeOf(startAfter)
  if (resumeAfter !== undefined) {
    const place = placeOf(resumeAfter)
    return place.kind === 'invalidate'
      ? bad(260, "Attempting to resume a change stream using 'resumeAfter' is not allowed from an invalidate notification")
      : place
  }
  if (startAtOperationTime === undefined) return undefined
  if (!(startAtOperationTime instanceof Timestamp)) return bad(14, "BSON field '$changeStream.startAtOperationTime' is not a timestamp")
  const first = startAtOperationTime.toBigInt()
  return { time: first > 0n ? first - 1n : 0n, kind: 'mark' }
}

/** What a `$changeStream` stage asks for. */
export const readChangeStream = (spec: unknown) => {
  if (!isDoc(spec)) return bad(50808, '$changeStream stage expects a document as argument')
  onlyKnown('$changeStream', spec, FIELDS)
  const { fullDocument = 'default', fullDocumentBeforeChange = 'off', allChangesForCluster = false, showExpandedEvents = false } = spec
  if (fullDocument !== 'default' && fullDocument !== 'updateLookup') refuse(`$changeStream fullDocument ${String(fullDocument)}`, 72)
  if (fullDocumentBeforeChange !== 'off') refuse(`$changeStream fullDocumentBeforeChange ${String(fullDocumentBeforeChange)}`, 72)
  if (showExpandedEvents !== false) refuse('$changeStream showExpandedEvents', 72)
  return { start: startOf(spec), lookup: fullDocument === 'updateLookup', cluster: allChangesForCluster === true }
}
