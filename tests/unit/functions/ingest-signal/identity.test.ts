import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../../functions/ingest-signal/identity.ts'

const now = new Date('2026-03-02T15:00:30Z')
const of = (raw: Record<string, unknown>, at = now) => identityOf({ sender_signal_id: null, raw, now: at })

describe('a signal without an id', () => {
  it('is the same whichever way it is written', () => {
    const written = of({ strategy_name: 'S1', signal: { ticker: 'AAPL', action: 'BUY', quantity: 10 } })
    expect(of({ signal: { quantity: '10', action: 'BUY', ticker: 'AAPL' }, strategy_name: 'S1' })).toEqual(written)
    expect(of({ signal: { ticker: 'AAPL', action: 'BUY', quantity: 10, price: null, note: '' } })).toEqual(written)
    expect(of({ Strategy: 'The first', signal: { ticker: 'AAPL', action: 'BUY', quantity: 10 } })).toEqual(written)
  })

  it.each([
    [{ ticker: 'AAPL', action: 'SELL' }],
    [{ ticker: 'AAPL', action: 'BUY', comment: 'second' }],
    [{ ticker: 'AAPL', action: 'BUY', legs: [['ticker', 'AAPL']] }],
  ])('is another with %o', other => {
    expect(of(other).identity).not.toBe(of({ ticker: 'AAPL', action: 'BUY' }).identity)
  })

  it('is not taken for one whose legs stand in another order', () => {
    expect(of({ signal: [{ ticker: 'A' }, { ticker: 'B' }] })).not.toEqual(of({ signal: [{ ticker: 'B' }, { ticker: 'A' }] }))
  })

  it('is known in the next minute as that of the one before', () => {
    const body = { ticker: 'AAPL', action: 'BUY' }
    const next = of(body, new Date('2026-03-02T15:01:00Z'))
    expect(next.identity_before).toBe(of(body).identity)
    expect(next.identity).not.toBe(of(body).identity)
  })
})

describe('a signal with an id', () => {
  it('is its id, whatever else it says', () => {
    expect(identityOf({ sender_signal_id: 'one', raw: { ticker: 'AAPL' }, now })).toEqual({ identity: 'id:one', identity_before: null })
  })
})
