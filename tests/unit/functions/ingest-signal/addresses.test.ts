import { describe, expect, it } from 'vitest'
import { isAllowed } from '../../../../functions/ingest-signal/addresses.ts'

describe('a list of addresses', () => {
  it.each([
    [[], '203.0.113.9', true],
    [['52.89.214.238', '34.212.75.30'], '34.212.75.30', true],
    [['52.89.214.238'], '52.89.214.239', false],
    [['10.1.0.0/16'], '10.1.255.255', true],
    [['10.1.0.0/16'], '10.2.0.0', false],
    [['127.0.0.1'], '::ffff:127.0.0.1', true],
    [['2001:db8::/32'], '2001:db8::1', true],
    [['2001:db8::/32'], '127.0.0.1', false],
    [['nonsense', '10.0.0.0/99'], '10.0.0.1', false],
    [['10.0.0.0/8'], '', false],
    [['10.0.0.0/8'], 'nonsense', false],
  ])('%j lets %s in: %s', (list, from, expected) => {
    expect(isAllowed(list, from)).toBe(expected)
  })
})
