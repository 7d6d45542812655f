import { assert, bigInt, integer, property } from 'fast-check'
import { Decimal128 } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'
import { date, decimal, identifier } from '../../../../shared/messages/codecs.ts'
import { standardizedSignal } from '../../../../shared/messages/signal.ts'

describe('a decimal', () => {
  it('is read from text, from the database and from itself, to the last digit', () => {
    const digits = '1234567890123456.789012345678901234'
    for (const source of [digits, Decimal128.fromString(digits), new Decimal(digits)]) expect(decimal.parse(source).toString()).toBe(digits)
  })

  it.each([100.25, '', 'abc', 'NaN', 'Infinity', '-Infinity', '1,5', '0x10', '01', '.5', '5.', ' 1', '1e99999', null, [], {}, true])(
    'is not %j',
    source => {
      expect(decimal.safeParse(source).success).toBe(false)
    },
  )

  it('is written as text without an exponent', () => {
    expect(decimal.encode(new Decimal('1e-8'))).toBe('0.00000001')
    expect(JSON.stringify({ price: new Decimal('1e21') })).toBe('{"price":"1000000000000000000000"}')
  })

  it('comes through a message and the database as it was', () =>
    assert(
      property(bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }), integer({ min: 0, max: 34 }), (digits, scale) => {
        const value = new Decimal(digits.toString()).times(new Decimal(10).pow(-scale))
        expect(decimal.parse(JSON.parse(JSON.stringify(value))).eq(value)).toBe(true)
        expect(decimal.parse(Decimal128.fromString(value.toString())).eq(value)).toBe(true)
      }),
    ))
})

describe('a date', () => {
  it('is read from ISO text with a zone, and from itself', () => {
    const moment = new Date('2026-03-02T15:00:00Z')
    for (const source of ['2026-03-02T15:00:00Z', '2026-03-02T16:00:00+01:00', moment]) expect(date.parse(source)).toEqual(moment)
  })

  it.each(['2026-03-02', '2026-03-02T15:00:00', 'now', 1_772_463_600, new Date('x'), null])('is not %s', source => {
    expect(date.safeParse(source).success).toBe(false)
  })

  it('is written in UTC', () => {
    expect(date.encode(new Date('2026-03-02T16:00:00+01:00'))).toBe('2026-03-02T15:00:00.000Z')
  })
})

describe('an identifier', () => {
  it('is letters, digits, _ and -, at most 64', () => {
    for (const good of ['Forex', 'ES_Futures-2', 'a'.repeat(64)]) expect(identifier.safeParse(good).success).toBe(true)
    for (const bad of ['', 'a b', 'a.b', '$where', 'ä', 'a'.repeat(65), 'a\n']) expect(identifier.safeParse(bad).success).toBe(false)
  })
})

describe('a standardized signal', () => {
  const message = {
    signal_id: 'Forex_20260302_150000_001',
    strategy_id: 'Forex',
    sender_signal_id: null,
    environment: 'staging',
    source: 'house',
    sent_at: null,
    received_at: '2026-03-02T15:00:00.000Z',
    latency_ms: null,
    legs: [
      {
        instrument_id: 'AUDCAD',
        instrument: {
          symbol: 'AUDCAD',
          asset_class: 'FOREX',
          exchange: null,
          currency: 'CAD',
          expiry: null,
          strike: null,
          right: null,
          multiplier: '1',
        },
        quote_at_receipt: { bid: '0.89', ask: '0.9', as_of: '2026-03-02T14:59:59.000Z' },
        signal_type: null,
        action: 'BUY',
        requested_quantity: '100000.10',
        order_type: 'MARKET',
        price: null,
        limit_price: null,
        stop_price: null,
        stop_loss: null,
        take_profit: null,
        trail_pct: null,
        time_in_force: 'DAY',
        expires_at: null,
      },
    ],
    position_after: '-3',
  }

  it('is the same after it was read and written', () => {
    const again: unknown = JSON.parse(JSON.stringify(z.encode(standardizedSignal, standardizedSignal.parse(message))))
    expect(again).toEqual({ ...message, legs: [{ ...message.legs[0], requested_quantity: '100000.1' }] })
  })

  it('has at least one leg', () => {
    expect(standardizedSignal.safeParse({ ...message, legs: [] }).success).toBe(false)
  })
})
