import { describe, expect, it } from 'vitest'
import { nextSession, openingOf, openMsBetween, sessionAt, sessionsBetween } from '../../../../../shared/domain/time/market-hours.ts'

const isOpen = (calendar: string, moment: string) => openingOf(calendar, new Date(moment)).open
const lastOpen = (calendar: string, moment: string) => openingOf(calendar, new Date(moment)).last_open.toISOString()

describe('time in which a market was open', () => {
  const openS = (calendar: string, from: string, to: string) => {
    const [start, end] = [new Date(from), new Date(to)]
    return openMsBetween(sessionsBetween(calendar, start, end), start, end) / 1000
  }
  // New York is 5 h behind UTC in January: 14:30 to 21:00 UTC.
  it.each([
    ['XNYS', '2026-01-14T20:59:30Z', '2026-01-15T14:30:29Z', 59],
    ['XNYS', '2026-01-16T20:59:30Z', '2026-01-20T14:30:31Z', 30 + 6.5 * 3600 + 31],
    ['XNYS', '2026-01-17T10:00:00Z', '2026-01-17T20:00:00Z', 0],
    ['XNYS', '2026-01-14T15:00:00Z', '2026-01-14T15:01:00Z', 60],
    ['CRYPTO', '2026-01-17T10:00:00Z', '2026-01-17T10:01:00Z', 60],
  ])('%s from %s to %s: %i s', (calendar, from, to, seconds) => {
    expect(openS(calendar, from, to)).toBe(seconds)
  })
})

describe('market calendars', () => {
  // New York is 5 h behind UTC in January, 4 h in July.
  it.each([
    ['XNYS', '2026-01-14T14:29:59Z', false],
    ['XNYS', '2026-01-14T14:30:00Z', true],
    ['XNYS', '2026-01-14T20:59:59Z', true],
    ['XNYS', '2026-01-14T21:00:00Z', false],
    ['XNYS', '2026-07-15T13:30:00Z', true],
    ['XNYS', '2026-01-17T16:00:00Z', false],
    ['CME', '2026-01-18T22:59:00Z', false],
    ['CME', '2026-01-18T23:00:00Z', true],
    ['CME', '2026-01-14T22:30:00Z', false],
    ['CME', '2026-01-16T21:59:00Z', true],
    ['CME', '2026-01-16T22:00:00Z', false],
    ['FX', '2026-01-18T21:59:00Z', false],
    ['FX', '2026-01-18T22:00:00Z', true],
    ['FX', '2026-01-14T22:30:00Z', true],
    ['FX', '2026-01-16T22:00:00Z', false],
    ['CRYPTO', '2026-01-17T03:00:00Z', true],
  ])('%s at %s: open is %s', (calendar, moment, open) => {
    expect(isOpen(calendar, moment)).toBe(open)
  })

  it('knows when it was last open', () => {
    expect(lastOpen('XNYS', '2026-01-18T12:00:00Z')).toBe('2026-01-16T21:00:00.000Z')
    expect(lastOpen('XNYS', '2026-01-14T16:00:00.250Z')).toBe('2026-01-14T16:00:00.250Z')
  })

  it('knows it too when the clocks were changed meanwhile', () => {
    // They go forward on Sunday 8 March 2026 at 2:00 and back on Sunday 1 November.
    expect(lastOpen('FX', '2026-03-08T16:00:00Z')).toBe('2026-03-06T22:00:00.000Z')
    expect(lastOpen('FX', '2026-11-01T18:00:00Z')).toBe('2026-10-30T21:00:00.000Z')
  })
})

describe('sessions', () => {
  const shown = (sessions: { opens_at: Date; closes_at: Date }[]) =>
    sessions.map(({ opens_at, closes_at }) => `${opens_at.toISOString()} ${closes_at.toISOString()}`)

  it('are told in UTC whatever the zone’s clock does between them', () => {
    // New York is at UTC−5 on Friday 6 March 2026 and at UTC−4 on Monday.
    expect(shown(sessionsBetween('XNYS', new Date('2026-03-06T12:00:00Z'), new Date('2026-03-10T00:00:00Z')))).toEqual([
      '2026-03-06T14:30:00.000Z 2026-03-06T21:00:00.000Z',
      '2026-03-09T13:30:00.000Z 2026-03-09T20:00:00.000Z',
    ])
  })

  it('are found from within, from before, and never for a market that does not close', () => {
    const inside = new Date('2026-01-14T15:00:00Z')
    expect(shown([sessionAt('XNYS', inside) as never])).toEqual(['2026-01-14T14:30:00.000Z 2026-01-14T21:00:00.000Z'])
    expect(shown([sessionAt('XNYS', new Date('2026-01-14T22:00:00Z')) as never])).toEqual([
      '2026-01-15T14:30:00.000Z 2026-01-15T21:00:00.000Z',
    ])
    expect(shown([nextSession('XNYS', inside) as never])).toEqual(['2026-01-15T14:30:00.000Z 2026-01-15T21:00:00.000Z'])
    expect(shown([sessionAt('FX', new Date('2026-01-14T22:30:00Z')) as never])).toEqual([
      '2026-01-11T22:00:00.000Z 2026-01-16T22:00:00.000Z',
    ])
    expect(sessionAt('CRYPTO', inside)).toBeNull()
    expect(nextSession('CRYPTO', inside)).toBeNull()
  })

  it('of India are at half past in UTC, all year', () => {
    const day = [new Date('2026-07-06T00:00:00Z'), new Date('2026-07-07T00:00:00Z')] as const
    expect(['XNSE', 'MCX', 'CDS'].flatMap(calendar => shown(sessionsBetween(calendar, ...day)))).toEqual([
      '2026-07-06T03:45:00.000Z 2026-07-06T10:00:00.000Z',
      '2026-07-06T03:30:00.000Z 2026-07-06T18:00:00.000Z',
      '2026-07-06T03:30:00.000Z 2026-07-06T11:30:00.000Z',
    ])
  })
})
