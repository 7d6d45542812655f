const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** India has one zone and no summer time. */
const AHEAD_MS = 5.5 * HOUR_MS
const SESSIONS_END_MS = 6 * HOUR_MS

const stamp = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)$/

/** Kite writes India's wall clock without its zone; the same with the zone, or the text as it was. */
export const withZone = (text: string): string => text.replace(stamp, '$1T$2+05:30')

/** A moment as Kite writes it; null for a text that is none. */
export function momentOf(text: string): Date | null {
  const moment = new Date(withZone(text))
  return Number.isNaN(moment.getTime()) ? null : moment
}

/** The calendar day of a moment in India, `YYYY-MM-DD`. */
export const dayOf = (moment: Date): string => new Date(moment.getTime() + AHEAD_MS).toISOString().slice(0, 10)

/** Every login ends at the next 06:00 in India. */
export function endOfLogin(login: Date): Date {
  const wall = login.getTime() + AHEAD_MS
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS
  const today = midnight + SESSIONS_END_MS
  return new Date((today > wall ? today : today + DAY_MS) - AHEAD_MS)
}
