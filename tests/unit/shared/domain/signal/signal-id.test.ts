import { assert, date, integer, property, stringMatching } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DomainError } from '../../../../../shared/domain/errors.ts'
import { parseSignalId, signalId } from '../../../../../shared/domain/signal/signal-id.ts'

describe('a signal’s id', () => {
  it('names the strategy, the UTC second and the sequence', () => {
    expect(signalId('Forex', new Date('2026-03-02T04:05:06.789Z'), 7)).toBe('Forex_20260302_040506_007')
    expect(signalId('ES_Futures', new Date('2026-12-31T23:59:59Z'), 999)).toBe('ES_Futures_20261231_235959_999')
  })

  it('is refused past 999 in a second, and before 1', () => {
    expect(() => signalId('Forex', new Date(0), 1000)).toThrow(
      new DomainError('SEQUENCE_EXHAUSTED', { strategy_id: 'Forex', sequence: 1000 }),
    )
    expect(() => signalId('Forex', new Date(0), 0)).toThrow('SEQUENCE_EXHAUSTED')
  })

  it('is read from the right, since a strategy’s id may look like one', () => {
    expect(parseSignalId('A_20260101_000000_001_20260302_040506_007')).toEqual({
      strategy_id: 'A_20260101_000000_001',
      received_second: new Date('2026-03-02T04:05:06Z'),
      sequence: 7,
    })
  })

  it.each([
    '',
    'Forex',
    'Forex_20260302_040506',
    'Forex_20260302_040506_7',
    'Forex_20260302_040506_0007',
    '_20260302_040506_007',
    'Fo rex_20260302_040506_007',
    'Forex_2026032_040506_007',
    'Forex_20260302_040506_007_ORD',
    'Forex_20261399_040506_007',
    'Forex_20260302_256199_007',
  ])('is not %j', id => {
    expect(parseSignalId(id)).toBeNull()
  })

  it('reads as what it was made of', () =>
    assert(
      property(
        stringMatching(/^[A-Za-z0-9_-]{1,30}$/),
        date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        integer({ min: 1, max: 999 }),
        (strategy_id, at, sequence) => {
          const received_second = new Date(Math.floor(at.getTime() / 1000) * 1000)
          expect(parseSignalId(signalId(strategy_id, at, sequence))).toEqual({ strategy_id, received_second, sequence })
        },
      ),
    ))
})
