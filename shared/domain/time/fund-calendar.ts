/** Day of a moment in a zone, as YYYY-MM-DD. */
export const dayIn = (at: Date, time_zone: string): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: time_zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at)

/** Time of day of a moment in UTC, as HH:MM:SS. */
export const timeOfDay = (at: Date): string => at.toISOString().slice(11, 19)

const DAY_MS = 86_400_000

/** The day before one, both as YYYY-MM-DD. */
export const dayBefore = (day: string): string => new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10)
