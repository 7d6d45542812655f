import { describe, expect, it } from 'vitest'
import { sessionsOf, sessionsWithin } from '../../../../../shared/brokers/ibkr/hours.ts'
import { momentOf, nextClock, utcText } from '../../../../../shared/brokers/ibkr/moments.ts'

const shown = (sessions: { opens_at: Date; closes_at: Date }[]) =>
  sessions.map(({ opens_at, closes_at }) => `${opens_at.toISOString()} ${closes_at.toISOString()}`)

describe('hours of a contract', () => {
  // New York is five hours behind UTC in winter and four in summer; clocks go ahead on 8 March 2026.
  it('opens and closes on the clock of its exchange, on both sides of the change of clocks', () => {
    expect(shown(sessionsOf('20260306:0930-20260306:1600;20260307:CLOSED;20260309:0930-20260309:1600', 'US/Eastern'))).toEqual([
      '2026-03-06T14:30:00.000Z 2026-03-06T21:00:00.000Z',
      '2026-03-09T13:30:00.000Z 2026-03-09T20:00:00.000Z',
    ])
  })

  it('reads the older form, in which a day may have two sessions', () => {
    expect(shown(sessionsOf('20260302:0930-1130,1230-1500;20260303:CLOSED', 'Asia/Tokyo'))).toEqual([
      '2026-03-02T00:30:00.000Z 2026-03-02T02:30:00.000Z',
      '2026-03-02T03:30:00.000Z 2026-03-02T06:00:00.000Z',
    ])
  })

  it('goes over midnight, said or not', () => {
    expect(shown(sessionsOf('20260301:1700-20260302:1600', 'US/Central'))).toEqual(['2026-03-01T23:00:00.000Z 2026-03-02T22:00:00.000Z'])
    expect(shown(sessionsOf('20260301:1700-1600', 'US/Central'))).toEqual(['2026-03-01T23:00:00.000Z 2026-03-02T22:00:00.000Z'])
  })

  it('tells sessions that overlap what is asked', () => {
    const details = { contract: {}, liquidHours: '20260302:0930-20260302:1600;20260303:0930-20260303:1600', timeZoneId: 'US/Eastern' }
    const found = sessionsWithin(details, new Date('2026-03-02T20:59:00Z'), new Date('2026-03-03T14:30:00Z'))
    expect(shown(found)).toEqual(['2026-03-02T14:30:00.000Z 2026-03-02T21:00:00.000Z'])
  })
})

describe('times of TWS', () => {
  it.each([
    ['20230224 12:04:56 US/Eastern', '2023-02-24T17:04:56.000Z'],
    ['20250708 02:35:00 America/New_York', '2025-07-08T06:35:00.000Z'],
    ['20230224  12:04:56', '2023-02-24T17:04:56.000Z'],
    ['20260302-15:30:00', '2026-03-02T15:30:00.000Z'],
    ['20230224 12:04:56 Pacific Standard Time', '2023-02-24T20:04:56.000Z'],
    ['20260302 09:15:00 Asia/Kolkata', '2026-03-02T03:45:00.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(momentOf(text, 'America/New_York')?.toISOString()).toBe(moment)
  })

  it('reads a zone that nobody knows as that of the login', () => {
    expect(momentOf('20230224 12:04:56 Nowhere/Land', 'Europe/Berlin')?.toISOString()).toBe('2023-02-24T11:04:56.000Z')
    expect(momentOf('yesterday', 'UTC')).toBeNull()
  })

  it('says a moment so that TWS takes it for UTC', () => {
    expect(utcText(new Date('2026-03-02T15:30:07.900Z'))).toBe('20260302-15:30:07')
  })

  it('knows the next reset of the night', () => {
    const next = (now: string) => nextClock('23:45', 'America/New_York', new Date(now)).toISOString()
    expect(next('2026-03-02T15:00:00Z')).toBe('2026-03-03T04:45:00.000Z')
    expect(next('2026-03-03T04:45:00Z')).toBe('2026-03-04T04:45:00.000Z')
    expect(next('2026-07-01T03:00:00Z')).toBe('2026-07-01T03:45:00.000Z')
  })
})
