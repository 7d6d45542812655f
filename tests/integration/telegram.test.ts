import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tellingSignals } from '../../functions/tell-signals/handler.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import type { LogFields } from '../../shared/runtime/log.ts'
import { startTelegram } from '../simulators/telegram.ts'
import { shownBy, startDoor } from './door-harness.ts'

const TOKEN = '110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'

let door: Awaited<ReturnType<typeof startDoor>>
let telegram: Awaited<ReturnType<typeof startTelegram>>
const logged: string[] = []
const note = (message: string, fields?: LogFields) => void logged.push(JSON.stringify({ message, ...fields }))
const context = {
  now: new Date(),
  log: { info: note, warning: note, error: note },
  attributes: {},
  message_id: '1',
  delivery_attempt: 1,
}

beforeAll(async () => {
  door = await startDoor('telegram')
})
beforeEach(async () => {
  telegram = await startTelegram(TOKEN)
  logged.length = 0
  await Promise.all(['signal_notices', 'trading_signals'].map(name => door.store.db.collection(name).deleteMany({})))
  return () => telegram.close()
})
afterAll(() => expect(logged.join()).not.toContain(TOKEN))

const telling = (changes: { token?: string | null; url?: string } = {}) =>
  tellingSignals({
    store: door.store,
    secrets: { read: async () => (changes.token === undefined ? TOKEN : changes.token) },
    config: { TELEGRAM_CHAT_ID: '-100', TELEGRAM_URL: changes.url ?? telegram.url },
    timeoutMs: 300,
  })

/** A stored signal as its message on `standardized-signals`. */
async function arrived(signalID: string) {
  const body = {
    strategy_name: 'Forex',
    passphrase: shownBy('Forex').passphrase,
    signalID,
    signal: { ticker: 'AUDCAD', action: 'BUY', quantity: 5000 },
  }
  const { signal_id } = (await door.send({ body })).body
  return standardizedSignal.strip().parse(await door.store.db.collection('trading_signals').findOne({ signal_id }))
}

const becomes = (signal_id: string, status: string) =>
  door.store.db.collection('trading_signals').updateOne({ signal_id }, { $set: { status } })

describe('the fund’s channel', () => {
  it('is told of a signal and of its result, each once, however often the step is woken', async () => {
    const { received, wake } = telling()
    const signal = await arrived('one')
    await received(signal, context)
    await received(signal, context)
    await becomes(signal.signal_id, 'CANCELED')
    await wake({}, context)
    await wake({}, context)
    expect(telegram.lines()).toEqual([
      `Forex: BUY 5000 AUDCAD received ${signal.received_at.toISOString().slice(11, 19)} UTC (${signal.signal_id})`,
      `Forex: BUY 5000 AUDCAD → CANCELED (${signal.signal_id})`,
    ])
    expect(telegram.told.map(({ chat_id }) => chat_id)).toEqual(['-100', '-100'])
  })

  it('is told of many signals in few messages', async () => {
    const { received } = telling()
    const signals = await Promise.all(Array.from({ length: 60 }, (_, index) => arrived(`many ${index}`)))
    await Promise.all(signals.map(signal => received(signal, context)))
    expect(new Set(telegram.lines()).size).toBe(60)
    expect(telegram.asked()).toBeLessThan(8)
  })

  it('is left alone where there is no token', async () => {
    expect(await telling({ token: null }).received(await arrived('quiet'), context)).toMatchObject({
      message: expect.stringMatching(/^nobody is told/),
    })
    expect(await door.store.db.collection('signal_notices').countDocuments()).toBe(0)
  })

  it.each(['silent', 'busy', 'broken'] as const)(
    'that is %s fails nothing, holds nobody up for long, and is told once it is well',
    async mood => {
      const { received, wake } = telling()
      telegram.be(mood)
      const begun = performance.now()
      expect(await received(await arrived('held'), context)).toMatchObject({ fields: { told: 0, waiting: 1 } })
      expect(performance.now() - begun).toBeLessThan(10_000)
      telegram.be('well')
      expect(await wake({}, context)).toMatchObject({ fields: { told: 1, waiting: 0 } })
      expect(telegram.lines()).toHaveLength(1)
    },
  )

  it('that is not there, or does not know the bot, fails nothing', async () => {
    const signal = await arrived('nobody')
    expect(await telling({ url: 'http://127.0.0.1:9' }).received(signal, context)).toMatchObject({ fields: { told: 0 } })
    expect(await telling({ token: 'another' }).received(signal, context)).toMatchObject({ fields: { told: 0 } })
    expect(logged.filter(line => line.includes('401 Unauthorized'))).toHaveLength(1)
  })
})
