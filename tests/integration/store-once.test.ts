import { beforeAll, describe, expect, it } from 'vitest'
import { type Draft, type StoredOnce, signalStorage } from '../../functions/ingest-signal/store-once.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'
import { type Call, hookedAt, lost } from './hooked-store.ts'
import { startDatabase } from './runtime-harness.ts'

let store: Store

beforeAll(async () => {
  const { uri } = await startDatabase()
  store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: 'store_once', FUND_ID: 'fund' })
  await applyCollections(store)
})

const received_at = new Date('2026-03-02T15:00:00.123Z')

const draft = (strategy_id: string, changes: Partial<Draft> = {}): Draft => ({
  strategy_id,
  sender_signal_id: 'one',
  environment: 'staging',
  source: 'house',
  sent_at: null,
  received_at,
  latency_ms: null,
  legs: [
    {
      instrument_id: 'AAPL',
      instrument: {
        symbol: 'AAPL',
        asset_class: 'EQUITY',
        exchange: null,
        currency: 'USD',
        expiry: null,
        strike: null,
        right: null,
        multiplier: new Decimal(1),
      },
      quote_at_receipt: null,
      signal_type: null,
      action: 'BUY',
      requested_quantity: null,
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
  position_after: null,
  raw: {},
  identity: 'id:one',
  content_hash: 'same',
  ...changes,
})

/** Another identity: a signal that repeats nothing. */
const another = (strategy_id: string) => draft(strategy_id, { identity: 'id:two', sender_signal_id: 'two' })

const idsOf = async (strategy_id: string) => (await tradingSignals.in(store).distinct('signal_id', { strategy_id })).sort()

const stored = (outcomes: PromiseSettledResult<StoredOnce>[]) =>
  outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []))

describe('a signal that is sent', () => {
  it('a thousand times at once is one signal under one id', async () => {
    const storeOnce = signalStorage(store)
    const answers = await Promise.all(Array.from({ length: 1000 }, () => storeOnce(draft('Often'))))
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(new Set(answers.map(({ signal }) => signal.signal_id))).toEqual(new Set(['Often_20260302_150000_001']))
    await storeOnce(another('Often'))
    expect(await idsOf('Often')).toEqual(['Often_20260302_150000_001', 'Often_20260302_150000_002'])
  })

  it('to several processes at once is one signal', async () => {
    const processes = Array.from({ length: 4 }, () => signalStorage(store))
    const answers = await Promise.all(processes.flatMap(storeOnce => Array.from({ length: 25 }, () => storeOnce(draft('Everywhere')))))
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await idsOf('Everywhere')).toEqual([...new Set(answers.map(({ signal }) => signal.signal_id))])
  })

  it('under an id that another process has just given away gets the next', async () => {
    await signalStorage(store)(draft('Taken'))
    expect(await signalStorage(store)(another('Taken'))).toMatchObject({
      duplicate: false,
      signal: { signal_id: 'Taken_20260302_150000_002' },
    })
  })

  it('again with other content is refused, at once and later, here and by another process', async () => {
    const storeOnce = signalStorage(store)
    const changed = draft('Changed', { content_hash: 'another' })
    const refused = { input: { status: 409, code: 'SIGNAL_ID_REUSED' } }
    const [first, second] = await Promise.allSettled([storeOnce(draft('Changed')), storeOnce(changed)])
    expect(first).toMatchObject({ status: 'fulfilled', value: { duplicate: false } })
    expect(second).toMatchObject({ status: 'rejected', reason: refused })
    await expect(storeOnce(changed)).rejects.toMatchObject(refused)
    await expect(signalStorage(store)(changed)).rejects.toMatchObject(refused)
    expect(await idsOf('Changed')).toEqual(['Changed_20260302_150000_001'])
  })

  it('is kept with the message that tells of it', async () => {
    const { signal } = await signalStorage(store)(draft('Told'))
    expect(signal.outbox).toMatchObject([{ topic: 'standardized-signals', ordering_key: 'Told' }])
    const { identity: _identity, content_hash: _hash, raw: _raw, ...content } = draft('Told')
    expect(JSON.parse(signal.outbox?.[0]?.data ?? '')).toEqual(JSON.parse(JSON.stringify({ signal_id: signal.signal_id, ...content })))
  })
})

describe('a first attempt whose write fails', () => {
  const failing = (instead: (write: Call) => Promise<unknown>) =>
    signalStorage(hookedAt(store, { call: 'trading_signals.insertOne', n: 1, instead }))

  it('before it reached the database lets the next take its place', async () => {
    const storeOnce = failing(async () => lost())
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => storeOnce(draft('Failed'))))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(19).fill('fulfilled')])
    expect(stored(outcomes).filter(({ duplicate }) => !duplicate)).toHaveLength(1)
    expect(await idsOf('Failed')).toEqual([...new Set(stored(outcomes).map(({ signal }) => signal.signal_id))])
  })

  it('after it was done leaves the others the signal that it stored', async () => {
    const storeOnce = failing(write => write().then(lost))
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => storeOnce(draft('Lost'))))
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array(19).fill('fulfilled')])
    expect(stored(outcomes).filter(({ duplicate }) => !duplicate)).toEqual([])
    expect(await idsOf('Lost')).toEqual(['Lost_20260302_150000_001'])
  })
})
