import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstBreak } from '../../shared/store/audit-log.ts'
import { demoStrategy, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const good = () => {
  const { strategy_id, passphrase, ticker } = demoStrategy(system, 'Forex')
  return { strategy_name: strategy_id, passphrase, signal: { ticker, action: 'BUY' } as Record<string, unknown> }
}
const withLeg = (leg: Record<string, unknown>) => ({ ...good(), signal: { ...good().signal, ...leg } })

describe('bad input at the door', () => {
  const cases: [string, () => string | object, number, string, string?][] = [
    ['what is not JSON', () => 'BUY AUDCAD', 400, 'NOT_JSON'],
    ['NaN', () => JSON.stringify(withLeg({ quantity: 1 })).replace('"quantity":1', '"quantity":NaN'), 400, 'NOT_JSON'],
    ['a list', () => '[]', 400, 'NOT_AN_OBJECT'],
    ['deep nesting', () => `${'['.repeat(5000)}${']'.repeat(5000)}`, 400, 'TOO_DEEP'],
    ['70 KiB', () => ({ ...good(), note: 'x'.repeat(70 * 1024) }), 413, 'BODY_TOO_LARGE'],
    ['an unknown format', () => ({ strategy_name: 'Forex', hello: 'world' }), 422, 'UNKNOWN_FORMAT'],
    ['a negative quantity', () => withLeg({ quantity: -1 }), 422, 'INVALID_SIGNAL', 'signal.0.quantity'],
    ['a quantity that is no number', () => withLeg({ quantity: 'lots' }), 422, 'INVALID_SIGNAL', 'signal.0.quantity'],
    ['NaN as text', () => withLeg({ quantity: 'NaN' }), 422, 'INVALID_SIGNAL', 'signal.0.quantity'],
    ['a wrong type', () => withLeg({ ticker: { $gt: '' } }), 422, 'INVALID_SIGNAL', 'signal.0.ticker'],
    ['an unknown action', () => withLeg({ action: 'HOLD' }), 422, 'INVALID_SIGNAL', 'signal.0.action'],
    ['an unknown instrument', () => withLeg({ ticker: 'NOSUCH' }), 422, 'UNKNOWN_INSTRUMENT', 'signal.0.ticker'],
    ['an unknown strategy', () => ({ ...good(), strategy_name: 'Nobody' }), 401, 'BAD_CREDENTIALS'],
    ['a wrong passphrase', () => ({ ...good(), passphrase: 'guess' }), 401, 'BAD_CREDENTIALS'],
    ['another environment', () => ({ ...good(), environment: 'production' }), 403, 'WRONG_ENVIRONMENT', 'environment'],
    [
      'a time in the future',
      () => ({ ...good(), signal_sent_EPOCH: Math.floor(Date.now() / 1000) + 600 }),
      422,
      'SENT_IN_FUTURE',
      'signal_sent_EPOCH',
    ],
  ]

  it.each(cases)(
    'answers %s in its own words, stores one audit line, and takes the next good signal',
    async (_what, body, status, code, path) => {
      const lines = () => system.db().collection('audit_log').countDocuments({ writer: 'ingest-signal' })
      const signals = () => system.db().collection('trading_signals').countDocuments()
      const [linesBefore, signalsBefore] = await Promise.all([lines(), signals()])
      const answer = await system.post('/api/v1/signals', body())
      expect(answer).toMatchObject({
        status,
        body: { status, code, type: expect.any(String), title: expect.any(String), detail: expect.any(String) },
      })
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      if (path) expect(answer.body.errors.map((error: { path: string }) => error.path)).toContain(path)
      expect([await lines(), await signals()]).toEqual([linesBefore + 1, signalsBefore])
      expect(await system.post('/api/v1/signals', good())).toMatchObject({
        status: expect.toSatisfy((given: number) => given === 200 || given === 201),
      })
    },
  )

  it('answers an unknown strategy exactly as it answers a wrong secret', async () => {
    const unknown = await system.post('/api/v1/signals', { ...good(), strategy_name: 'Nobody' })
    const wrong = await system.post('/api/v1/signals', { ...good(), passphrase: 'guess' })
    expect(unknown.body).toEqual(wrong.body)
  })

  it('turns away endless guessing, but never the right secret', async () => {
    const guesses = await Promise.all(Array.from({ length: 60 }, () => system.post('/api/v1/signals', { ...good(), passphrase: 'guess' })))
    const turnedAway = guesses.find(({ status }) => status === 429)
    expect(turnedAway?.body).toMatchObject({ code: 'TOO_MANY_FAILURES' })
    expect(Number(turnedAway?.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await system.post('/api/v1/signals', good())).status).toBeLessThan(202)
  })

  it('keeps the audit lines in one unbroken chain, without a secret in them', async () => {
    const store = { db: system.db(), fund_id: 'mathematricks_fund' }
    expect(await firstBreak(store, 'ingest-signal')).toBeNull()
    const { passphrase } = demoStrategy(system, 'Forex')
    const documents = await Promise.all(['audit_log', 'trading_signals'].map(name => system.db().collection(name).find().toArray()))
    expect(JSON.stringify(documents)).not.toContain(passphrase)
  })
})
