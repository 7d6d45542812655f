import { asInteger } from '../bson/number.ts'
import type { Doc } from '../bson/types.ts'
import { CommandError } from '../errors.ts'

type Named = { first: string; fields: readonly string[]; apply(values: Doc): unknown }

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string) => {
  let format = formats.get(zone)
  if (!format) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    } catch {
      return bad(40485, `unrecognized time zone identifier: "${zone}"`)
    }
    formats.set(zone, format)
  }
  return format
}

/** The offset of a time zone at a moment, in ms; zones are Olson names or ±hh[:mm]. */
const offsetOf = (date: number, zone: unknown): number => {
  if (zone === undefined || zone === null || zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0
  if (typeof zone !== 'string') return bad(40517, 'timezone must evaluate to a string')
  const named = /^[+-]\d/.test(zone)
    ? zone
    : (formatOf(zone)
        .formatToParts(date)
        .find(({ type }) => type === 'timeZoneName')?.value ?? '')
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /([+-])(\d{2}):?(\d{2})?(?::(\d{2}))?$/.exec(named) ?? []
  return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}

/** A date whose UTC fields are the local fields of the zone. */
const local = (date: Date, zone: unknown) => new Date(date.getTime() + offsetOf(date.getTime(), zone))

/** The moment at which the local fields are those; the offset is looked up again where the zone changes in between. */
const fromLocal = (wall: number, zone: unknown) => {
  const guess = wall - offsetOf(wall, zone)
  return new Date(wall - offsetOf(guess, zone))
}

const DAY = 86_400_000

const pad = (value: number, length: number) => String(value).padStart(length, '0')

const offsetText = (ms: number, colon: string) => {
  const minutes = Math.abs(Math.round(ms / 60_000))
  return `${ms < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}${colon}${pad(minutes % 60, 2)}`
}

const specifiers: Record<string, (wall: Date, offset: number) => string> = {
  Y: wall => pad(wall.getUTCFullYear(), 4),
  m: wall => pad(wall.getUTCMonth() + 1, 2),
  d: wall => pad(wall.getUTCDate(), 2),
  H: wall => pad(wall.getUTCHours(), 2),
  M: wall => pad(wall.getUTCMinutes(), 2),
  S: wall => pad(wall.getUTCSeconds(), 2),
  L: wall => pad(wall.getUTCMilliseconds(), 3),
  z: (_, offset) => offsetText(offset, ''),
  Z: (_, offset) => String(Math.round(offset / 60_000)),
  '%': () => '%',
}

const dateIn = (operator: string, value: unknown): Date =>
  value instanceof Date ? value : bad(16006, `can't convert to Date in ${operator}`)
const isEmpty = (value: unknown) => value === undefined || value === null

const formatted = ({ date, format, timezone, onNull }: Doc) => {
  if (isEmpty(date)) return onNull ?? null
  const moment = dateIn('$dateToString', date)
  const offset = offsetOf(moment.getTime(), timezone)
  const pattern =
    typeof format === 'string' ? format : isEmpty(timezone) || timezone === 'UTC' ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L%z'
  const wall = new Date(moment.getTime() + offset)
  return pattern.replace(
    /%(.?)/g,
    (_, letter: string) => specifiers[letter]?.(wall, offset) ?? bad(18536, `Invalid format character '%${letter}' in format string`),
  )
}

const fixed: Record<string, number> = { millisecond: 1, second: 1000, minute: 60_000, hour: 3_600_000, day: DAY, week: 7 * DAY }
const months: Record<string, number> = { month: 1, quarter: 3, year: 12 }
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** MongoDB counts bins from 2000-01-01, weeks from the first start of a week at or after it. */
const REFERENCE = Date.UTC(2000, 0, 1)

const truncated = ({ date, unit, binSize, timezone, startOfWeek }: Doc) => {
  if (isEmpty(date) || isEmpty(unit)) return null
  const moment = dateIn('$dateTrunc', date)
  const wall = local(moment, timezone)
  const size = isEmpty(binSize) ? 1 : (asInteger(binSize) ?? bad(5439017, '$dateTrunc requires an integer binSize'))
  const inMonths = months[String(unit)]
  if (inMonths !== undefined) {
    const count = (wall.getUTCFullYear() - 2000) * 12 + wall.getUTCMonth()
    return fromLocal(Date.UTC(2000, Math.floor(count / (inMonths * size)) * inMonths * size, 1), timezone)
  }
  const step = (fixed[String(unit)] ?? bad(9, `unknown time unit value: ${String(unit)}`)) * size
  const weekday = weekdays.findIndex(name => name.startsWith(String(startOfWeek ?? 'sunday').toLowerCase()))
  const reference = unit === 'week' ? REFERENCE + ((weekday - 6 + 7) % 7) * DAY : REFERENCE
  return fromLocal(reference + Math.floor((wall.getTime() - reference) / step) * step, timezone)
}

/** Date operators: their arguments have names, and one of them may stand alone. */
export const dateOperators: Record<string, Named> = {
  $dateToString: { first: 'date', fields: ['date', 'format', 'timezone', 'onNull'], apply: formatted },
  $dateTrunc: { first: 'date', fields: ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'], apply: truncated },
}
