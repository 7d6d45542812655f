import { assert, bigInt, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertBody, read, refused } from './read.ts'

/** A body with a quantity written exactly so. */
const body = (quantity: string) => `{"strategy_name":"Forex","signal":{"ticker":"AUDCAD","action":"BUY","quantity":${quantity}}}`

const quantityOf = (quantity: string) => read(body(quantity)).input.legs[0]?.requested_quantity?.toString()

describe('a quantity', () => {
  it.each([
    ['100000', '100000'],
    ['"100000"', '100000'],
    ['" 0.5 "', '0.5'],
    ['"0.5"', '0.5'],
    ['.5', undefined],
    ['"+.5"', '0.5'],
    ['0.1', '0.1'],
    ['0.10', '0.1'],
    ['1e3', '1000'],
    ['"1E3"', '1000'],
    ['1.5e-7', '0.00000015'],
    // digits that a binary number does not hold
    ['0.10000000000000001', '0.10000000000000001'],
    ['123456789.123456789', '123456789.123456789'],
    ['999999999999999999', '999999999999999999'],
  ])('%s is %s to the last digit', (written, expected) => {
    if (expected === undefined) expect(refused(body(written))).toBe('400 NOT_JSON')
    else expect(quantityOf(written)).toBe(expected)
  })

  it.each([
    '0',
    '-0',
    '"0.000"',
    '-5',
    '"-5"',
    '"NaN"',
    '"abc"',
    '"Infinity"',
    '"-Infinity"',
    '1e400',
    '-1e400',
    '"1e400"',
    '"1e9999"',
    '1e-400',
    '"0x10"',
    '"1,000"',
    '"1_000"',
    '"1 000"',
    '"٣"',
    '1234567890123456789',
    '0.1234567890123456789',
    '"1.234567890123456789"',
    '1000000000000000000',
    'true',
    '[]',
    '[1]',
    '{}',
    '{"value":1}',
  ])('%s is refused with its path', written => {
    expect(refused(body(written))).toBe('422 INVALID_SIGNAL signal.0.quantity')
  })

  it.each(['NaN', 'Infinity', '-Infinity', '1,000', '0x10', '01'])('%s without quotes is not JSON', written => {
    expect(refused(body(written))).toBe('400 NOT_JSON')
  })

  it('keeps any 18 digits, as number and as text', () =>
    assert(
      property(bigInt({ min: 1n, max: 999_999_999_999_999_999n }), integer({ min: 0, max: 17 }), (digits, decimals) => {
        const text = digits.toString().padStart(decimals + 1, '0')
        const written = decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`
        const plain = written.includes('.') ? written.replace(/\.?0+$/, '') : written
        expect(quantityOf(written)).toBe(plain)
        expect(quantityOf(`"${written}"`)).toBe(plain)
      }),
    ))

  it('is as exact in a TradingView alert', () => {
    expect(read({ ...alertBody, contracts: '0.10000000000000001' }).input.legs[0]?.requested_quantity?.toString()).toBe(
      '0.10000000000000001',
    )
  })
})
