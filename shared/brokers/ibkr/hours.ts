import type { ContractDetails } from '@stoqey/ib'
import type { Session } from '../broker.ts'
import { wallMoment } from './moments.ts'

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(2))

/**
 * Sessions of `20180323:0930-20180323:1600;20180324:CLOSED`, formerly `20180323:0930-1600,1730-1830`, on the wall clock of the contract's
 * zone. A session that ends before it begins ends on the next day.
 */
export function sessionsOf(hours: string, zone: string): Session[] {
  const sessions: Session[] = []
  for (const day of hours.split(';')) {
    const [date = ''] = day.split(':')
    for (const [, fromDay, from = '', toDay, to = ''] of day.matchAll(/(?:(\d{8}):)?(\d{4})-(?:(\d{8}):)?(\d{4})/g)) {
      const opens_at = wallMoment({ day: fromDay ?? date, minutes: minutesOf(from) }, zone)
      const nextDay = toDay === undefined && minutesOf(to) <= minutesOf(from) ? 1_440 : 0
      const closes_at = wallMoment({ day: toDay ?? fromDay ?? date, minutes: minutesOf(to) + nextDay }, zone)
      if (opens_at && closes_at && closes_at > opens_at) sessions.push({ opens_at, closes_at })
    }
  }
  return sessions.toSorted((one, other) => one.opens_at.getTime() - other.opens_at.getTime())
}

/** Regular sessions that overlap a stretch of time. TWS knows about a week ahead. */
export const sessionsWithin = ({ liquidHours = '', timeZoneId = '' }: ContractDetails, from: Date, to: Date): Session[] =>
  sessionsOf(liquidHours, timeZoneId || 'America/New_York').filter(({ opens_at, closes_at }) => opens_at < to && closes_at > from)
