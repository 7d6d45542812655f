import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '../../shared/runtime/access.ts'
import { sealedFor, shownBy, signalsOf, signed, startDoor } from './door-harness.ts'

let door: Awaited<ReturnType<typeof startDoor>>
/** The beginning of a minute that is not over: what is of the past, the database forgets. */
const now = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 3_600_000)
const later = (ms: number) => new Date(now.getTime() + ms)

beforeAll(async () => {
  door = await startDoor('credentials')
})
beforeEach(async () => {
  const { db } = door.store
  await Promise.all(['rate_limits', 'trading_signals', 'used_signatures'].map(name => db.collection(name).deleteMany({})))
})

const configure = (strategy_id: string, changes: Record<string, unknown>) =>
  door.store.db.collection('strategy_configurations').updateOne({ strategy_id }, { $set: changes })

const signal = { strategy_name: 'Forex', signal: { ticker: 'AUDCAD', action: 'BUY' } }
const withPassphrase = (passphrase: unknown) => ({ ...signal, passphrase })
const { passphrase, api_key, hmac_secret } = shownBy('Forex')
const text = JSON.stringify(signal)

const outcome = async (answer: ReturnType<typeof door.send>) => {
  const { status, body } = await answer
  return body.code === undefined ? `${status}` : `${status} ${body.code}`
}

describe('a credential', () => {
  it.each([
    ['the passphrase in the body', () => ({ body: withPassphrase(passphrase) })],
    ['the key in X-API-Key', () => ({ body: signal, headers: { 'x-api-key': api_key } })],
    ['a signature', () => ({ body: text, headers: signed(text, { secret: hmac_secret, at: now }) })],
    ['the key alone, where the body names no strategy', () => ({ body: { signal: signal.signal }, headers: { 'x-api-key': api_key } })],
    ['the strategy’s name and its passphrase', () => ({ body: { ...withPassphrase(passphrase), strategy_name: 'AUDCAD mean reversion' } })],
  ])('lets a signal in: %s', async (_what, sent) => {
    expect(await door.send({ ...sent(), now })).toMatchObject({ status: 201, body: { echo: { strategy_id: 'Forex' } } })
  })

  it.each([
    ['none', () => ({ body: signal })],
    ['an empty passphrase', () => ({ body: withPassphrase('') })],
    ['a wrong passphrase', () => ({ body: withPassphrase('guess') })],
    ['another strategy’s passphrase', () => ({ body: withPassphrase(shownBy('SPY_Equity').passphrase) })],
    ['another strategy’s key', () => ({ body: signal, headers: { 'x-api-key': shownBy('SPY_Equity').api_key } })],
    ['the hash of the passphrase', () => ({ body: withPassphrase(sha256(passphrase)) })],
    ['a signature of other bytes', () => ({ body: `${text} `, headers: signed(text, { secret: hmac_secret, at: now }) })],
    ['a signature by another key', () => ({ body: text, headers: signed(text, { secret: 'guess', at: now }) })],
    ['a signature of 5 minutes ago', () => ({ body: text, headers: signed(text, { secret: hmac_secret, at: later(-301_000) }) })],
    ['a signature of a time to come', () => ({ body: text, headers: signed(text, { secret: hmac_secret, at: later(301_000) }) })],
    ['a right one for an unknown strategy', () => ({ body: { ...withPassphrase(passphrase), strategy_name: 'Nobody' } })],
  ])('that is not right is answered with the same words: %s', async (_what, sent) => {
    const wrong = await door.send({ body: withPassphrase('guess'), now })
    expect(await door.send({ ...sent(), now })).toEqual(wrong)
    expect(wrong).toMatchObject({ status: 401, body: { code: 'BAD_CREDENTIALS' } })
    expect(await signalsOf(door.store, 'Forex')).toEqual([])
  })

  it('of each kind may be one of two while it is rotated, and is refused once it is neither', async () => {
    const hashes = (one: string, other: string) => [sha256(one), sha256(other)]
    const three = ['one', 'two', 'three'] as const
    const id = 'ES_Futures'
    await configure(id, {
      passphrase_hashes: hashes('one', 'two'),
      api_key_hashes: hashes('one', 'two'),
      path_token_hashes: hashes('one', 'two'),
      hmac_keys: [sealedFor(id, 'one'), sealedFor(id, 'two')],
    })
    const body = { strategy_name: id, signal: { ticker: 'ES1!', action: 'BUY' } }
    const bytes = JSON.stringify(body)
    const ways = three.map(secret => [
      { body: { ...body, passphrase: secret } },
      { body, headers: { 'x-api-key': secret } },
      { body, path_token: secret },
      { body: bytes, headers: signed(bytes, { secret, at: now }) },
    ])
    const outcomes = await Promise.all(ways.map(each => Promise.all(each.map(sent => outcome(door.send({ ...sent, now }))))))
    expect(outcomes.flat().map(each => each.slice(0, 1))).toEqual([...Array(8).fill('2'), ...Array(4).fill('4')])
  })
})

describe('a signature', () => {
  const sent = { body: text, headers: signed(text, { secret: hmac_secret, at: now }) }

  it('makes one signal, however often and wherever it is sent within its 5 minutes', async () => {
    const first = await door.send({ ...sent, now })
    const [stolen, ...again] = await Promise.all(
      [61_000, 120_000, 299_000].map(ms => door.send({ ...sent, now: later(ms), address: '198.51.100.1' })),
    )
    expect(first).toMatchObject({ status: 201, body: { duplicate: false } })
    for (const answer of [stolen, ...again]) {
      expect(answer).toMatchObject({ status: 200, body: { duplicate: true, signal_id: first.body.signal_id } })
    }
    expect(await outcome(door.send({ ...sent, now: later(301_000) }))).toBe('401 BAD_CREDENTIALS')
    expect(await signalsOf(door.store, 'Forex')).toHaveLength(1)
  })

  it('sent many times at once makes one signal', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => door.send({ ...sent, now: later(index * 5_000) })))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 201])
    expect(await signalsOf(door.store, 'Forex')).toHaveLength(1)
  })

  it('is kept as a hash only', async () => {
    await door.send({ ...sent, now })
    const kept = await door.store.db.collection('used_signatures').find().toArray()
    expect(kept).toHaveLength(1)
    expect(JSON.stringify(kept)).not.toContain(sent.headers['x-signature']?.slice(7))
  })
})

describe('a secret path', () => {
  const token = 'a-token-of-128-bits'
  const alert = { ticker: 'SPY', action: 'buy', contracts: '1', order_id: 'Long', time: now.toISOString() }

  it('needs nothing else, not even a name', async () => {
    await configure('SPY_Equity', { path_token_hashes: [sha256(token)], allowed_addresses: [] })
    expect(await door.send({ body: alert, path_token: token, now })).toMatchObject({
      status: 201,
      body: { echo: { strategy_id: 'SPY_Equity' } },
    })
    expect(await outcome(door.send({ body: alert, path_token: 'guess', now }))).toBe('401 BAD_CREDENTIALS')
  })

  it('does not speak for another strategy', async () => {
    await configure('SPY_Equity', { path_token_hashes: [sha256(token)], allowed_addresses: [] })
    expect(await outcome(door.send({ body: { ...alert, strategy_name: 'Forex' }, path_token: token, now }))).toBe('401 BAD_CREDENTIALS')
    expect(await outcome(door.send({ body: { ...alert, strategy_name: 'SPY_Equity' }, path_token: token, now }))).toBe('201')
  })

  it('is taken from the listed addresses only, which no header can feign', async () => {
    await configure('SPY_Equity', { path_token_hashes: [sha256(token)], allowed_addresses: ['52.89.214.238', '10.1.0.0/16'] })
    const from = (address: string) => outcome(door.send({ body: alert, path_token: token, address, now }))
    expect(await from('52.89.214.238')).toBe('201')
    expect(await from('10.1.2.3')).toBe('200')
    expect(await from('10.2.0.1')).toBe('403 ADDRESS_NOT_ALLOWED')
    // A list of addresses is the token's alone.
    expect(
      await outcome(
        door.send({
          body: { ...alert, strategy_name: 'SPY_Equity', passphrase: shownBy('SPY_Equity').passphrase },
          address: '10.2.0.1',
          now,
        }),
      ),
    ).toBe('200')
  })
})

describe('wrong credentials', () => {
  const guesses = (count: number, sent: (index: number) => Parameters<typeof door.send>[0]) =>
    Promise.all(Array.from({ length: count }, (_, index) => door.send({ ...sent(index), now })))
  const last = (answers: { status: number }[]) => answers.filter(({ status }) => status === 429).length

  it('of one sender are turned away after 30 a minute, from wherever they come, until the minute is over', async () => {
    const answers = await guesses(40, index => ({ body: withPassphrase('guess'), address: `198.51.100.${index}` }))
    expect(last(answers)).toBe(10)
    expect(answers.find(({ status }) => status === 429)).toMatchObject({
      headers: { 'retry-after': '60' },
      body: { code: 'TOO_MANY_FAILURES' },
    })
    expect(await outcome(door.send({ body: withPassphrase('guess'), now: later(60_000) }))).toBe('401 BAD_CREDENTIALS')
  })

  it('of one address are turned away after 120 a minute, whomever they name', async () => {
    const answers = await guesses(125, index => ({ body: { ...withPassphrase('guess'), strategy_name: `Name${index}` } }))
    expect(last(answers)).toBe(5)
  })

  it('of others never keep out who has the right one', async () => {
    await guesses(130, () => ({ body: withPassphrase('guess') }))
    expect(await outcome(door.send({ body: withPassphrase(passphrase), now }))).toBe('201')
    expect(await outcome(door.send({ body: text, headers: signed(text, { secret: hmac_secret, at: now }), now }))).toMatch(/^20/)
  })

  it('do not count where the credential was right and the rest was wrong', async () => {
    await guesses(40, () => ({ body: { ...withPassphrase(passphrase), signal: { ticker: 'NOSUCH', action: 'BUY' } } }))
    expect(await door.store.db.collection('rate_limits').countDocuments()).toBe(0)
  })

  it('leave no secret anywhere', async () => {
    await door.send({ body: withPassphrase('a guess at it'), path_token: 'a guess at a token', now })
    await door.send({ body: { ...withPassphrase(passphrase), signal: { ...signal.signal, passphrase } }, now })
    const names = (await door.store.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name)
    const everything = JSON.stringify(await Promise.all(names.map(name => door.store.db.collection(name).find().toArray())))
    for (const secret of [passphrase, api_key, hmac_secret, 'a guess at it', 'a guess at a token']) expect(everything).not.toContain(secret)
  })
})
