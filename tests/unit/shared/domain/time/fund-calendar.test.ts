import { describe, expect, it } from 'vitest'
import { dayIn, timeOfDay } from '../../../../../shared/domain/time/fund-calendar.ts'

describe('the fund’s day', () => {
  it('begins at midnight of its zone, in winter and in summer', () => {
    // New York is UTC−5 in January and UTC−4 in July
    expect(dayIn(new Date('2026-01-15T04:59:59Z'), 'America/New_York')).toBe('2026-01-14')
    expect(dayIn(new Date('2026-01-15T05:00:00Z'), 'America/New_York')).toBe('2026-01-15')
    expect(dayIn(new Date('2026-07-15T03:59:59Z'), 'America/New_York')).toBe('2026-07-14')
    expect(dayIn(new Date('2026-07-15T04:00:00Z'), 'America/New_York')).toBe('2026-07-15')
    expect(dayIn(new Date('2025-12-31T23:00:00Z'), 'Asia/Kolkata')).toBe('2026-01-01')
  })

  it('has times in UTC', () => {
    expect(timeOfDay(new Date('2026-01-05T04:05:06.789Z'))).toBe('04:05:06')
  })
})
