import { describe, expect, it } from 'vitest'
import { openingOf } from '../../../../../scripts/local/market/calendars.ts'

const isOpen = (calendar: string, moment: string) => openingOf(calendar, new Date(moment)).open
const lastOpen = (calendar: string, moment: string) => openingOf(calendar, new Date(moment)).last_open.toISOString()

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
