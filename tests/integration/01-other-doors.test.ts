import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Document, ObjectId } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const forex = () => demoStrategy(system, 'Forex')
const signals = () => system.db().collection<Document>('trading_signals')

/** What another writer puts into the database: the house format. */
const written = (signalID: string, more: object = {}): Document => {
  const { strategy_id, passphrase, ticker } = forex()
  const signal = { ticker, action: 'BUY', quantity: 1000, order_type: 'LIMIT', limit_price: 0.01 }
  return { strategy_name: strategy_id, signal_sent_EPOCH: Date.now(), signalID, passphrase, signal, ...more }
}

const insert = async (document: Document) => (await signals().insertOne(document)).insertedId

/** The document once it has a status. */
const ended = (_id: unknown): Promise<Document> =>
  vi.waitFor(
    async () => {
      const found = await signals().findOne({ _id: _id as ObjectId })
      expect(found?.status, JSON.stringify(found)).toEqual(expect.any(String))
      return found ?? {}
    },
    { timeout: 30_000, interval: 20 },
  )

const openSocket = async (headers: Record<string, string> = {}, path = '/ws/signals') => {
  const url = new URL(path, system.endpoints().api_url ?? '')
  url.protocol = 'ws:'
  const socket = new WebSocket(url, { headers } as never)
  await once(socket, 'open')
  const replies: Document[] = []
  socket.addEventListener('message', ({ data }) => replies.push(JSON.parse(String(data))))
  const ask = async (message: string | object) => {
    const before = replies.length
    socket.send(typeof message === 'string' ? message : JSON.stringify(message))
    return vi.waitFor(
      () => {
        expect(replies.length).toBeGreaterThan(before)
        return replies[before] ?? {}
      },
      { timeout: 30_000, interval: 5 },
    )
  }
  return { socket, replies, ask }
}

describe('a signal that another writer inserts into the database', () => {
  it('is taken in within 5 s in its own document, without its passphrase, and followed like any other', async () => {
    const _id = await insert(written('inserted_1', { comment: 'kept', signal: { ticker: forex().ticker, action: 'BUY', quantity: 1000 } }))
    const signal = await ended(_id)
    expect(signal).toMatchObject({ strategy_id: 'Forex', sender_signal_id: 'inserted_1', source: 'database', environment: 'staging' })
    expect(signal.signal_id).toMatch(/^Forex_\d{8}_\d{6}_\d{3}$/)
    expect(signal.raw).toMatchObject({ strategy_name: 'Forex', comment: 'kept' })
    expect(JSON.stringify(signal)).not.toContain(forex().passphrase)
    const status_url = `http://any/api/v1/signal-senders/Forex/signals/${signal.signal_id}`
    await follow(system, { status_url }, forex().api_key, ['FILLED', 'DENIED'])
  })
  it('is left as it is when it is of another environment', async () => {
    const document = written('inserted_2', { environment: 'production' })
    const _id = await insert(document)
    await ended(await insert(written('inserted_3')))
    await runStep(system, 'collect-signals')
    expect(await signals().findOne({ _id })).toEqual({ ...document, _id })
  })
  it('is refused with its reason when its passphrase is wrong, and keeps none', async () => {
    const _id = await insert(written('inserted_4', { passphrase: 'guessed-passphrase' }))
    const refused = await ended(_id)
    expect(refused).toMatchObject({ status: 'REFUSED', refusal: { code: 'BAD_CREDENTIALS', detail: expect.any(String) } })
    expect(refused.states.map(({ state }: Document) => state)).toEqual(['RECEIVED', 'REFUSED'])
    expect(JSON.stringify(refused)).not.toContain('guessed-passphrase')
    expect(refused.signal_id).toBeUndefined()
    expect(refused.strategy_id).toBeUndefined()
  })
  it('is refused with its reason when nobody can understand it', async () => {
    const wrong = [
      written('inserted_5', { signal: { ticker: 'NOSUCH', action: 'BUY' } }),
      { hello: 'there' },
      written('inserted_6', { signal: 7 }),
    ]
    const ids = await Promise.all(wrong.map(insert))
    const refused = await Promise.all(ids.map(_id => ended(_id)))
    const codes = refused.map(({ refusal }) => refusal.code)
    // Whose passphrase was right is told, so that they can be.
    expect(refused.map(({ strategy_id }) => strategy_id)).toEqual(['Forex', undefined, 'Forex'])
    expect(codes[0]).toBe('UNKNOWN_INSTRUMENT')
    expect(codes.slice(1).every(code => ['UNKNOWN_FORMAT', 'INVALID_SIGNAL', 'BAD_CREDENTIALS'].includes(code))).toBe(true)
  })
  it('is one signal with the one that came by another door', async () => {
    const posted = await system.post('/api/v1/signals', written('two_doors'))
    expect(posted.status).toBe(201)
    const repeat = await ended(await insert(written('two_doors')))
    expect(repeat).toMatchObject({ status: 'DUPLICATE', strategy_id: 'Forex', duplicate_of: posted.body.signal_id })
    const other = { ticker: forex().ticker, action: 'SELL', quantity: 5, order_type: 'LIMIT', limit_price: 9 }
    expect(await ended(await insert(written('two_doors', { signal: other })))).toMatchObject({
      status: 'REFUSED',
      refusal: { code: 'SIGNAL_ID_REUSED' },
    })
    const first = await ended(await insert(written('two_doors_again')))
    const again = await system.post('/api/v1/signals', written('two_doors_again'))
    expect([again.status, again.body.signal_id, again.body.duplicate]).toEqual([200, first.signal_id, true])
    expect(await signals().countDocuments({ sender_signal_id: { $in: ['two_doors', 'two_doors_again'] } })).toBe(2)
  })
  it('is taken in by the sweep while nobody listens, once', async () => {
    const { pid = 0 } = system.endpoints().processes.find(({ name }) => name === 'execution') ?? {}
    process.kill(pid, 'SIGSTOP')
    try {
      const ids = await Promise.all(Array.from({ length: 5 }, (_, i) => insert(written(`swept_${i}`))))
      await runStep(system, 'collect-signals')
      const found = await Promise.all(ids.map(_id => ended(_id)))
      expect(found.map(({ sender_signal_id }) => sender_signal_id).sort()).toEqual(['swept_0', 'swept_1', 'swept_2', 'swept_3', 'swept_4'])
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const after = await ended(await insert(written('listened_again')))
    expect(after.signal_id).toEqual(expect.any(String))
    const swept = await signals()
      .find({ 'raw.signalID': /^swept_/ })
      .toArray()
    expect(swept.map(({ status }) => status)).not.toContain('DUPLICATE')
    expect(new Set(swept.map(({ signal_id }) => signal_id)).size).toBe(5)
  })
  it('is seen after a restart, at the place that was stored', async () => {
    const place = await system
      .db()
      .collection('resume_tokens')
      .findOne({ _id: 'trading_signals' as never })
    expect(place?.token).toEqual({ _data: expect.any(String) })
    await system.restart()
    expect(await ended(await insert(written('after_restart')))).toMatchObject({ sender_signal_id: 'after_restart' })
  })
})

describe('the WebSocket door', () => {
  it('answers each message as the HTTP door does, with one reply, in order', async () => {
    const { ask, replies, socket } = await openSocket()
    const first = await ask(written('socket_1'))
    const posted = await system.post('/api/v1/signals', written('socket_2'))
    expect(Object.keys(first).sort()).toEqual(Object.keys(posted.body).sort())
    expect(first).toMatchObject({ signal_id: expect.stringMatching(/^Forex_/), duplicate: false, environment: 'staging' })
    expect(await ask(written('socket_1'))).toMatchObject({ signal_id: first.signal_id, duplicate: true })
    for (const number of [3, 4, 5]) socket.send(JSON.stringify(written(`socket_${number}`)))
    await vi.waitFor(() => expect(replies).toHaveLength(5), { timeout: 30_000, interval: 5 })
    expect(replies.slice(2).map(({ echo }) => echo.sender_signal_id)).toEqual(['socket_3', 'socket_4', 'socket_5'])
    socket.close()
  })
  it('tells what is wrong and stays open', async () => {
    const { ask, socket } = await openSocket()
    for (const [message, status, code] of [
      ['{not json', 400, 'NOT_JSON'],
      ['[]', 400, 'NOT_AN_OBJECT'],
      [written('socket_bad', { passphrase: 'wrong' }), 401, 'BAD_CREDENTIALS'],
      [JSON.stringify(written('socket_large', { note: 'x'.repeat(70_000) })), 413, 'BODY_TOO_LARGE'],
    ] as const) {
      const reply = await ask(message)
      expect(reply).toMatchObject({ status, code, type: expect.any(String), title: expect.any(String), detail: expect.any(String) })
      const same = await system.post('/api/v1/signals', message)
      expect([same.status, same.body.code]).toEqual([status, code])
    }
    expect(await ask(written('socket_good'))).toMatchObject({ duplicate: false })
    socket.close()
  })
  it('takes the key of a strategy with which it was opened', async () => {
    const { ask, socket } = await openSocket({ 'x-api-key': forex().api_key })
    expect(await ask(written('socket_key', { passphrase: undefined }))).toMatchObject({ duplicate: false })
    socket.close()
  })
  it('takes the secret address of a strategy', async () => {
    const path_token_hashes = [createHash('sha256').update('the secret address').digest('hex')]
    await system.db().collection('strategy_configurations').updateOne({ strategy_id: 'Forex' }, { $set: { path_token_hashes } })
    const { ask, socket } = await openSocket({}, '/ws/signals/the%20secret%20address')
    expect(await ask(written('socket_token', { strategy_name: undefined, passphrase: undefined }))).toMatchObject({ duplicate: false })
    socket.close()
  })
  it('tells a request that is no WebSocket what it is', async () => {
    for (const path of ['/ws/signals', '/ws/signals/some-token']) {
      const { status, body } = await system.get(path)
      expect([status, body.code]).toEqual([426, 'UPGRADE_REQUIRED'])
    }
  })
  it('is served at no other address', async () => {
    const url = new URL('/ws/other', system.endpoints().api_url ?? '')
    url.protocol = 'ws:'
    const socket = new WebSocket(url)
    const outcome = await new Promise(resolve => {
      socket.addEventListener('open', () => resolve('open'))
      socket.addEventListener('error', () => resolve('error'))
    })
    expect(outcome).toBe('error')
  })
})
