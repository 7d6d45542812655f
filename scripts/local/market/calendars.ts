const MINUTES_A_DAY = 1_440
const MINUTES_A_WEEK = 7 * MINUTES_A_DAY
const SUNDAY = 0
const FRIDAY = 5

/** From and to, in minutes since Sunday 00:00 in the calendar's zone. */
type Session = readonly [open: number, close: number]

interface Calendar {
  zone: string
  /** In order; empty: always open. */
  sessions: readonly Session[]
}

const at = (day: number, hour: number, minute = 0) => day * MINUTES_A_DAY + hour * 60 + minute

const NEW_YORK = 'America/New_York'
const weekdays = [1, 2, 3, 4, 5]

/** Regular hours; holidays are not known. */
const calendars: Record<string, Calendar> = {
  XNYS: { zone: NEW_YORK, sessions: weekdays.map(day => [at(day, 9, 30), at(day, 16)] as const) },
  // Globex pauses for an hour every afternoon.
  CME: { zone: NEW_YORK, sessions: weekdays.map(day => [at(day - 1, 18), at(day, 17)] as const) },
  FX: { zone: NEW_YORK, sessions: [[at(SUNDAY, 17), at(FRIDAY, 17)]] },
  CRYPTO: { zone: 'UTC', sessions: [] },
}

const formats = new Map<string, Intl.DateTimeFormat>()
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Minutes since Sunday 00:00 on the wall clock of a zone, with their fraction. */
function weekMinute(zone: string, moment: Date): number {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, weekday: 'short', hour: 'numeric', minute: 'numeric', hourCycle: 'h23' })
    formats.set(zone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]))
  const seconds = moment.getUTCSeconds() + moment.getUTCMilliseconds() / 1000
  return at(dayNames.indexOf(parts.weekday ?? ''), Number(parts.hour), Number(parts.minute)) + seconds / 60
}

export interface Opening {
  open: boolean
  /** The moment itself while open; else the end of the last session. */
  last_open: Date
}

/** Whether a calendar's market is open at a moment, and when it last was. An unknown calendar is always open. */
export function openingOf(calendar: string, moment: Date): Opening {
  const { zone = 'UTC', sessions = [] } = calendars[calendar] ?? {}
  const minute = weekMinute(zone, moment)
  if (sessions.length === 0 || sessions.some(([open, close]) => minute >= open && minute < close)) return { open: true, last_open: moment }
  const since = Math.min(...sessions.map(([, close]) => (minute - close + MINUTES_A_WEEK) % MINUTES_A_WEEK))
  const closed = new Date(moment.getTime() - since * 60_000)
  // The clocks may have been changed while it was closed.
  const drift = weekMinute(zone, closed) - ((minute - since + MINUTES_A_WEEK) % MINUTES_A_WEEK)
  return { open: false, last_open: new Date(Math.round(closed.getTime() - drift * 60_000)) }
}
