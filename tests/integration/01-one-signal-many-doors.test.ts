import { createHash } from 'node:crypto'
import { ObjectId } from 'mongodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { signalSocket } from '../../functions/ibkr-gateway/signal-socket.ts'
import { adoptSignal } from '../../functions/ingest-signal/adopt.ts'
import { openDoor } from '../../functions/ingest-signal/door.ts'
import { shownBy, signalsOf, signed, startDoor } from './door-harness.ts'

type Door = Awaited<ReturnType<typeof startDoor>>
let door: Door
const silent = () => undefined
const log = { info: silent, warning: silent, error: silent }

beforeAll(async () => {
  door = await startDoor('many_doors')
})

const plainHandshake = { headers: {}, address: '203.0.113.7', path_token: null as string | null }

/** Sends a message over a socket that was opened so; its reply. */
const overSocket = async (message: string, handshake: Partial<typeof plainHandshake> = {}) =>
  JSON.parse(await signalSocket(openDoor(door.parts))(Buffer.from(message), { ...plainHandshake, ...handshake }))

/** Writes a document into the database as another program does; what became of it. */
async function writtenByOthers(document: object) {
  const _id = new ObjectId()
  const signals = door.store.db.collection('trading_signals')
  await signals.insertOne({ _id, ...document })
  await adoptSignal(door.parts)({ _id, ...document }, log)
  return signals.findOne({ _id })
}

describe('a signal that comes by several doors', () => {
  it.each([
    ['with an id', { signalID: 'one' }],
    ['without one', {}],
  ])('is one, %s', async (_name, id) => {
    const { passphrase, api_key } = shownBy('Forex')
    const before = (await signalsOf(door.store, 'Forex')).length
    const leg = { ticker: 'AUDCAD', action: 'BUY', quantity: 1000 }
    const first = await door.send({ body: { strategy_name: 'Forex', ...id, passphrase, signal: leg } })
    expect(first.status).toBe(201)
    const repeat = { duplicate: true, signal_id: first.body.signal_id }
    // other key order and white space, and a key in place of the passphrase
    const rewritten = JSON.stringify(
      { signal: { quantity: '1000', action: 'BUY', ticker: 'AUDCAD' }, ...id, strategy_name: 'Forex' },
      null,
      2,
    )
    expect(await door.send({ body: rewritten, headers: { 'x-api-key': api_key } })).toMatchObject({ status: 200, body: repeat })
    expect(await overSocket(JSON.stringify({ passphrase, ...id, strategy_name: 'Forex', signal: leg }))).toMatchObject(repeat)
    const adopted = await writtenByOthers({ strategy_name: 'Forex', ...id, passphrase, signal: leg })
    expect(adopted).toMatchObject({ status: 'DUPLICATE', duplicate_of: first.body.signal_id })
    // the refused repeat in the database names its strategy, and is no signal
    expect((await signalsOf(door.store, 'Forex')).filter(({ signal_id }) => signal_id).length).toBeLessThanOrEqual(before + 1)
  })

  it('is one as an alert in JSON and in text', async () => {
    const { passphrase } = shownBy('AAPL_Equity')
    const alert = {
      strategy_name: 'AAPL_Equity',
      passphrase,
      ticker: 'AAPL',
      action: 'buy',
      contracts: '2',
      market_position: 'long',
      market_position_size: '2',
    }
    const first = await door.send({ body: alert, headers: { 'content-type': 'application/json' } })
    const text = Object.entries(alert).map(([key, value]) => `${key}=${value}`)
    const second = await door.send({ body: text.reverse().join('; '), headers: { 'content-type': 'text/plain' } })
    expect([first.status, second.status, second.body.signal_id]).toEqual([201, 200, first.body.signal_id])
  })

  it('is one over the turn of a minute, and another a minute later', async () => {
    const { passphrase } = shownBy('SPY_Equity')
    const body = { strategy_name: 'SPY_Equity', passphrase, ticker: 'SPY', action: 'BUY' }
    const at = (time: string) => door.send({ body, now: new Date(`2026-03-02T15:${time}Z`) })
    const [first, second, third] = [await at('00:59.900'), await at('01:00.100'), await at('01:59.900')]
    expect([first.status, second.status, third.status]).toEqual([201, 200, 201])
    expect(second.body.signal_id).toBe(first.body.signal_id)
  })
})

describe('what a socket’s messages may show', () => {
  const body = (signalID: string) => JSON.stringify({ strategy_name: 'Forex', signalID, signal: { ticker: 'AUDCAD', action: 'BUY' } })

  it('a signature of each message, in lines before it, which makes one signal', async () => {
    const lines = (message: string, secret: string) => {
      const { 'x-timestamp': timestamp, 'x-signature': signature } = signed(message, { secret, at: new Date() })
      return `X-Timestamp: ${timestamp}\r\nX-Signature: ${signature}\r\n\r\n${message}`
    }
    const { hmac_secret } = shownBy('Forex')
    const message = lines(body('signed_socket'), hmac_secret)
    expect(await overSocket(message)).toMatchObject({ duplicate: false })
    expect(await overSocket(message)).toMatchObject({ duplicate: true })
    expect(await overSocket(lines(body('signed_badly'), 'another key'))).toMatchObject({ status: 401, code: 'BAD_CREDENTIALS' })
    expect(await overSocket(message.replace('BUY', 'SELL'))).toMatchObject({ status: 401, code: 'BAD_CREDENTIALS' })
  })

  it('the token of the address that it was opened at, from where that is allowed', async () => {
    const token = 'a-secret-address'
    const path_token_hashes = [createHash('sha256').update(token).digest('hex')]
    await door.store.db
      .collection('strategy_configurations')
      .updateOne({ strategy_id: 'Forex' }, { $set: { path_token_hashes, allowed_addresses: ['203.0.113.0/24'] } })
    const withoutName = JSON.stringify({ signalID: 'by_token', ticker: 'AUDCAD', action: 'BUY' })
    expect(await overSocket(withoutName, { path_token: token })).toMatchObject({ duplicate: false, echo: { strategy_id: 'Forex' } })
    const elsewhere = { path_token: token, address: '198.51.100.1' }
    expect(await overSocket(withoutName, elsewhere)).toMatchObject({ status: 403, code: 'ADDRESS_NOT_ALLOWED' })
    expect(await overSocket(withoutName, { path_token: 'guessed' })).toMatchObject({ status: 401, code: 'BAD_CREDENTIALS' })
  })
})
