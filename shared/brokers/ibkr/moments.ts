// TWS tells times on the wall clock of a zone: `20230224 12:04:56 US/Eastern`, formerly `20230224  12:04:56` in the zone of the login.

const formats = new Map<string, Intl.DateTimeFormat | null>()

/** Names of zones that TWS uses and nobody else knows. */
const renamed: Record<string, string> = {
  EST: 'America/New_York',
  EDT: 'America/New_York',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  MST: 'America/Denver',
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  GMT: 'UTC',
  JST: 'Asia/Tokyo',
  HKT: 'Asia/Hong_Kong',
  'Eastern Standard Time': 'America/New_York',
  'Central Standard Time': 'America/Chicago',
  'Pacific Standard Time': 'America/Los_Angeles',
  'GMT Standard Time': 'Europe/London',
  'India Standard Time': 'Asia/Kolkata',
}

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  let format: Intl.DateTimeFormat | null = null
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: renamed[zone] ?? zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
  } catch {
    // a name that nobody knows
  }
  formats.set(zone, format)
  return format
}

/** How far a zone's wall clock is ahead of UTC at a moment. */
function offsetAt(format: Intl.DateTimeFormat, moment: number): number {
  const part = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]))
  const wall = Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day ?? 1, part.hour ?? 0, part.minute ?? 0, part.second ?? 0)
  return wall - Math.floor(moment / 1000) * 1000
}

/** The moment at which the wall clock of a zone shows this; null for a zone that nobody knows. A clock put back shows it twice: the first. */
export function wallMoment(wall: { day: string; minutes: number; seconds?: number }, zone: string): Date | null {
  const format = formatOf(zone)
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(wall.day) ?? []
  if (!format || !year) return null
  const shown = Date.UTC(Number(year), Number(month) - 1, Number(day)) + wall.minutes * 60_000 + (wall.seconds ?? 0) * 1000
  const first = shown - offsetAt(format, shown)
  return new Date(shown - offsetAt(format, first))
}

/** The moment of a time as TWS tells it; null where it makes no sense. */
export function momentOf(text: string, time_zone: string): Date | null {
  const [, day = '', separator, h, m, s, zone = ''] = /^(\d{8})([ -]+)(\d\d?):(\d\d):(\d\d)(?:\s+(\S.*))?$/.exec(text.trim()) ?? []
  if (day === '') return /^\d{10}$/.test(text) ? new Date(Number(text) * 1000) : null
  const wall = { day, minutes: Number(h) * 60 + Number(m), seconds: Number(s) }
  const named = zone || (separator === '-' ? 'UTC' : time_zone)
  return wallMoment(wall, named) ?? wallMoment(wall, time_zone)
}

/** `yyyymmdd-hh:mm:ss`, which TWS reads as UTC. */
export const utcText = (moment: Date): string =>
  `${moment.toISOString().slice(0, 10).replaceAll('-', '')}-${moment.toISOString().slice(11, 19)}`

/** The next moment at which the wall clock of a zone shows a time of day. */
export function nextClock(time: string, zone: string, now: Date): Date {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  for (const ahead of [-1, 0, 1, 2]) {
    const day = new Date(now.getTime() + ahead * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
    const moment = wallMoment({ day, minutes: hours * 60 + minutes }, zone)
    if (moment && moment > now) return moment
  }
  return new Date(now.getTime() + 86_400_000)
}
