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
const KOLKATA = 'Asia/Kolkata'
const weekdays = [1, 2, 3, 4, 5]

/** Regular hours; holidays are not known. */
const calendars: Record<string, Calendar> = {
  XNYS: { zone: NEW_YORK, sessions: weekdays.map(day => [at(day, 9, 30), at(day, 16)] as const) },
  // Globex pauses for an hour every afternoon.
  CME: { zone: NEW_YORK, sessions: weekdays.map(day => [at(day - 1, 18), at(day, 17)] as const) },
  FX: { zone: NEW_YORK, sessions: [[at(SUNDAY, 17), at(FRIDAY, 17)]] },
  CRYPTO: { zone: 'UTC', sessions: [] },
  XNSE: { zone: KOLKATA, sessions: weekdays.map(day => [at(day, 9, 15), at(day, 15, 30)] as const) },
  MCX: { zone: KOLKATA, sessions: weekdays.map(day => [at(day, 9), at(day, 23, 30)] as const) },
  CDS: { zone: KOLKATA, sessions: weekdays.map(day => [at(day, 9), at(day, 17)] as const) },
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

export interface MarketSession {
  opens_at: Date
  closes_at: Date
}

/** Sessions that overlap [from, to), oldest first. A market that is always open has one from `from` to `to`. */
export function sessionsBetween(calendar: string, from: Date, to: Date): MarketSession[] {
  const { zone = 'UTC', sessions = [] } = calendars[calendar] ?? {}
  if (sessions.length === 0) return [{ opens_at: from, closes_at: to }]
  const found: MarketSession[] = []
  const firstSunday = sundayBefore(zone, from)
  for (let sunday = firstSunday; sunday <= to.getTime() + MINUTES_A_DAY * 60_000; sunday += MINUTES_A_WEEK * 60_000) {
    for (const [open, close] of sessions) {
      const session = { opens_at: zonedMoment(zone, sunday + open * 60_000), closes_at: zonedMoment(zone, sunday + close * 60_000) }
      if (session.closes_at > from && session.opens_at < to) found.push(session)
    }
  }
  return found
}

/** Time between two moments in which a market was open, in ms. Sessions do not overlap; one that goes on counts as far as it has come. */
export const openMsBetween = (sessions: readonly MarketSession[], from: Date, to: Date): number =>
  sessions
    .map(({ opens_at, closes_at }) => Math.min(closes_at.getTime(), to.getTime()) - Math.max(opens_at.getTime(), from.getTime()))
    .filter(ms => ms > 0)
    .reduce((total, ms) => total + ms, 0)

const SEARCHED_MS = 10 * MINUTES_A_DAY * 60_000

/** The session that a moment lies in, or else the next one; null for a market that is always open. */
export function sessionAt(calendar: string, moment: Date): MarketSession | null {
  if ((calendars[calendar]?.sessions ?? []).length === 0) return null
  return sessionsBetween(calendar, moment, new Date(moment.getTime() + SEARCHED_MS))[0] ?? null
}

/** The first session that opens after a moment; null for a market that is always open. */
export function nextSession(calendar: string, moment: Date): MarketSession | null {
  if ((calendars[calendar]?.sessions ?? []).length === 0) return null
  const coming = sessionsBetween(calendar, moment, new Date(moment.getTime() + SEARCHED_MS))
  return coming.find(({ opens_at }) => opens_at > moment) ?? null
}

/** A wall clock of a zone, written as if it were UTC's, of the Sunday 00:00 of the week of a moment. */
function sundayBefore(zone: string, moment: Date): number {
  const wall = wallClock(zone, moment)
  const midnight = Math.floor(wall / 86_400_000) * 86_400_000
  return midnight - new Date(midnight).getUTCDay() * 86_400_000
}

const wallClock = (zone: string, moment: Date): number => {
  const minutes = weekMinute(zone, moment)
  // The zone's clock is within a day of UTC's, so that the nearest moment with this minute of the week is the one.
  const utc = weekMinute('UTC', moment)
  const ahead = ((minutes - utc + 1.5 * MINUTES_A_WEEK) % MINUTES_A_WEEK) - 0.5 * MINUTES_A_WEEK
  return moment.getTime() + Math.round(ahead) * 60_000
}

/** The moment at which a zone's clock shows a wall time, which is written as if it were UTC's (ms since 1970). */
export function zonedMoment(zone: string, wall: number): Date {
  let moment = wall
  for (let round = 0; round < 2; round += 1) moment += wall - wallClock(zone, new Date(moment))
  return new Date(moment)
}
