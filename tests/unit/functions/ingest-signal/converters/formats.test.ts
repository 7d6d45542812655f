import { serialize } from 'bson'
import { anything, array, assert, constantFrom, json, oneof, property, string, tuple, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../../../../shared/runtime/problem.ts'
import { alertBody, houseBody, read, readBytes, refusal, refused } from './read.ts'

describe('which format a body has', () => {
  it('is the house format wherever there is a signal', () => {
    expect(read({ ...alertBody, signal: houseBody.signal }).format).toBe('house')
  })

  it('is decided in one order where several fit: house, alert, minimal', () => {
    const { market_position: _, market_position_size: __, order_id: ___, ...plainAlert } = alertBody
    expect(read(plainAlert).format).toBe('minimal')
    expect(read(alertBody).format).toBe('tradingview-json')
    expect(read('strategy_name=Forex;ticker=AUDCAD;action=buy').format).toBe('tradingview-text')
  })

  it('is the sender’s configured one, whatever its shape', () => {
    expect(read(alertBody, { configured: 'minimal' }).format).toBe('minimal')
    expect(refused(alertBody, { configured: 'house' })).toMatch(/^422 INVALID_SIGNAL signal/)
    expect(read(alertBody, { configured: 'a format that is gone' }).format).toBe('tradingview-json')
  })

  it('is JSON’s alone where the body says that it is JSON', () => {
    const pairs = 'strategy_name=Forex ticker=AUDCAD action=buy'
    expect(refused(pairs, { content_type: 'application/json; charset=utf-8' })).toBe('400 NOT_JSON')
    expect(read(pairs, { content_type: 'text/plain; charset=utf-8' }).format).toBe('tradingview-text')
    expect(read(alertBody, { content_type: 'text/plain' }).format).toBe('tradingview-json')
  })

  it('is told where none fits', () => {
    expect(refused({ strategy_name: 'Forex', passphrase: 'x' })).toBe('422 UNKNOWN_FORMAT signal')
    expect(refused({})).toBe('422 UNKNOWN_FORMAT signal')
  })

  it.each(['[]', '"text"', '1', 'true', 'null', `[${JSON.stringify(houseBody)}]`])('is none for %s, which is no object', body => {
    expect(refused(body)).toBe('400 NOT_AN_OBJECT')
  })

  it.each(['', ' ', '{', '{"a":1,}', "{'a':1}", 'BUY AUDCAD', '=x', '{"a":1}{"b":2}', '\uFFFF'])(
    'is none for %j, which is no JSON',
    body => {
      expect(refused(body)).toBe('400 NOT_JSON')
    },
  )

  it('is none for JSON that is nested too deeply, however broken', () => {
    expect(refused(`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`)).toBe('400 TOO_DEEP')
    expect(refused('['.repeat(60_000))).toBe('400 TOO_DEEP')
  })
})

describe('what is kept of a body', () => {
  it('is all of it but the passphrase', () => {
    const { passphrase: _, ...rest } = houseBody
    expect(read({ ...houseBody, note: 'hello', nested: { a: [1, null] } }).raw).toEqual({
      ...rest,
      note: 'hello',
      nested: { a: [1, null] },
    })
  })

  it.each([
    { ...houseBody, signal: { ...houseBody.signal, passphrase: 'open sesame' } },
    { ...houseBody, signal: [{ ...houseBody.signal, meta: { passphrase: 'open sesame' } }] },
    { ...houseBody, Passphrase: 'open sesame' },
    alertBody,
  ])('has no passphrase anywhere: %#', body => {
    expect(JSON.stringify(read(body).raw)).not.toContain('sesame')
  })

  it('is told to nobody in a refusal', () => {
    const bodies = [
      { ...houseBody, signal: { ticker: 'A', action: 'open sesame' } },
      { ...alertBody, time: 'open sesame' },
      `{"passphrase":"open sesame" "signal":1}`,
      `{"passphrase":open sesame}`,
      { passphrase: 'open sesame' },
    ]
    for (const body of bodies) expect(JSON.stringify(refusal(body))).not.toContain('sesame')
  })

  it('is kept though its keys would mean something to JavaScript or the database', () => {
    const body =
      '{"__proto__":{"signal":1},"constructor":{"prototype":{"polluted":1}},"$where":"1","a.b":2,"signal":{"ticker":"A","action":"BUY"},"strategy_name":"S"}'
    const { raw, input } = read(body)
    expect(Object.keys(raw)).toEqual(['__proto__', 'constructor', '$where', 'a.b', 'signal', 'strategy_name'])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
    expect(Object.hasOwn(Object.prototype, 'signal')).toBe(false)
    expect(input).not.toHaveProperty('polluted')
    expect(() => serialize({ raw })).not.toThrow()
  })

  it('does not take a format from a prototype', () => {
    expect(refused('{"__proto__":{"signal":{"ticker":"A","action":"BUY"}},"strategy_name":"S"}')).toBe('422 UNKNOWN_FORMAT signal')
  })

  it('can be stored: a key with a zero byte is refused, since the database cannot keep it', () => {
    expect(refused({ ...houseBody, 'a\0b': 1 })).toMatch(/^422 INVALID_SIGNAL/)
    expect(refused({ ...houseBody, signal: { ...houseBody.signal, deep: [{ 'a\0b': 1 }] } })).toMatch(/^422 INVALID_SIGNAL/)
  })
})

/** Reads bytes; only a Problem may be thrown, and what is read can be stored. */
const harmless = (bytes: Buffer) => {
  try {
    const { raw, input } = readBytes(bytes)
    expect(() => serialize({ raw })).not.toThrow()
    for (const { requested_quantity, price } of input.legs) {
      for (const amount of [requested_quantity, price])
        if (amount) expect(amount.isFinite() && amount.gt(0) && amount.precision() <= 18).toBe(true)
    }
    if (input.position_after) expect(input.position_after.precision()).toBeLessThanOrEqual(18)
    if (input.sent_at) expect(Number.isNaN(input.sent_at.getTime())).toBe(false)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    expect([400, 422]).toContain(error.input.status)
    expect(error.input.detail.length).toBeLessThan(100_000)
  }
}

const many = { numRuns: 2000 }

describe('reading anything at all', () => {
  it('never throws anything but a Problem: bytes', () =>
    assert(
      property(uint8Array({ maxLength: 300 }), bytes => harmless(Buffer.from(bytes))),
      many,
    ))

  it('never throws anything but a Problem: JSON', () =>
    assert(
      property(json(), text => harmless(Buffer.from(text))),
      many,
    ))

  const wild = oneof(
    anything({ withNullPrototype: false, maxDepth: 2 }),
    constantFrom(
      -0,
      -1,
      2 ** 60,
      1e-300,
      '1e-300',
      '9'.repeat(400),
      '0.'.padEnd(400, '3'),
      '',
      ' ',
      '{{close}}',
      'long',
      'flat',
      '2026-13-01T00:00:00Z',
    ),
    string({ unit: 'binary', maxLength: 40 }),
  )
  const encodable = (value: unknown): string | null => {
    try {
      return JSON.stringify(value) ?? null
    } catch {
      return null
    }
  }

  it('never throws anything but a Problem: real signals with one field of anything', () => {
    const paths = [
      ...Object.keys(houseBody).map(key => (value: unknown) => ({ ...houseBody, [key]: value })),
      ...Object.keys(alertBody).map(key => (value: unknown) => ({ ...alertBody, [key]: value })),
      ...['ticker', 'action', 'quantity', 'price', 'expires_at', 'position_after', 'right', 'expiry', 'strike'].map(
        key => (value: unknown) => ({ ...houseBody, signal: { ...houseBody.signal, [key]: value } }),
      ),
    ]
    return assert(
      property(constantFrom(...paths), wild, (withField, value) => {
        const text = encodable(withField(value))
        if (text !== null) harmless(Buffer.from(text))
      }),
      { numRuns: 5000 },
    )
  })

  it('never throws anything but a Problem: pairs of anything', () => {
    const key = constantFrom('ticker', 'action', 'contracts', 'price', 'time', 'order_id', 'strategy_name', 'x', '__proto__', 'constructor')
    const value = oneof(string({ unit: 'binary', maxLength: 20 }), constantFrom('buy', '1', '=', ';', '"', 'a=b', '__proto__=1'))
    const pair = tuple(key, constantFrom('=', ' = ', '=='), value, constantFrom(' ', ',', ';', '\n')).map(parts => parts.join(''))
    return assert(
      property(array(pair, { maxLength: 12 }), pairs => harmless(Buffer.from(pairs.join('')))),
      many,
    )
  })

  it.each([
    ['JSON', JSON.stringify(alertBody)],
    [
      'pairs',
      Object.entries(alertBody)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ],
  ])('never throws anything but a Problem: real alerts as %s with a byte changed, added or lost', (_how, text) => {
    const original = Buffer.from(text)
    return assert(
      property(uint8Array({ minLength: 1, maxLength: 3 }), constantFrom(...original.keys()), constantFrom(0, 1, 2), (bytes, at, lost) => {
        harmless(Buffer.concat([original.subarray(0, at), bytes, original.subarray(at + lost)]))
      }),
      many,
    )
  })

  it.each([
    ['blanks behind a key', `a=${' '.repeat(65_000)}x`],
    ['blanks between keys', `a=1${' '.repeat(65_000)}`],
    ['words without a value', `a=${'b '.repeat(32_000)}`],
    ['separators', `a=${',;'.repeat(32_000)}x`],
    ['digits', { ...houseBody, signal: { ...houseBody.signal, quantity: `${'1'.repeat(64_000)}x` } }],
    ['a long ticker', { ...houseBody, signal: { ...houseBody.signal, ticker: 'A'.repeat(64_000) } }],
    [
      'many fields and many faults',
      { ...Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`f${n}`, n])), strategy_name: 'S', signal: Array(20).fill({}) },
    ],
  ])('takes no longer than its length: %s', (_what, body) => {
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    const begun = performance.now()
    harmless(bytes)
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})
