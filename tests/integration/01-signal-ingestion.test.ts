import { execFile, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTelegram } from '../simulators/telegram.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System
let telegram: Awaited<ReturnType<typeof startTelegram>>
const secrets = mkdtempSync(join(tmpdir(), 'secrets-'))

beforeAll(async () => {
  telegram = await startTelegram('110201543:a-token')
  writeFileSync(join(secrets, 'file'), 'TELEGRAM_TOKEN=110201543:a-token\n')
  telegram.be('silent') // for as long as the first tests take: nothing may wait for it
  system = await startSystem({ SECRETS_FILES: join(secrets, 'file'), TELEGRAM_CHAT_ID: '-100', TELEGRAM_URL: telegram.url })
})
afterAll(async () => {
  telegram.close()
  await system.stop()
  rmSync(secrets, { recursive: true })
})

const ENDED = ['FILLED', 'DENIED', 'CANCELED', 'REJECTED', 'EXPIRED']
const stored = (filter: object) => system.db().collection('trading_signals').find(filter).sort({ received_at: 1, signal_id: 1 }).toArray()
const house = (strategy_id: string, changes: Record<string, unknown> = {}) => {
  const { passphrase, ticker } = demoStrategy(system, strategy_id)
  return { strategy_name: strategy_id, passphrase, signal: { ticker, action: 'BUY', quantity: 1 }, ...changes }
}

describe('a signal that is posted', () => {
  it('is answered, stored with its fields and without its secret, published, and followed to its end', async () => {
    const { api_key, passphrase } = demoStrategy(system, 'AAPL_Equity')
    const sent_at = Date.now()
    const answer = await system.post(
      '/api/v1/signals',
      house('AAPL_Equity', { signalID: 'first', signal_sent_EPOCH: sent_at, environment: 'staging', note: 'kept' }),
    )
    const { signal_id, status_url } = answer.body
    expect(answer).toMatchObject({
      status: 201,
      body: {
        signal_id: expect.stringMatching(/^AAPL_Equity_\d{8}_\d{6}_001$/),
        status: 'STANDARDIZED',
        duplicate: false,
        environment: 'staging',
        echo: { strategy_id: 'AAPL_Equity', sender_signal_id: 'first', legs: [{ ticker: 'AAPL', action: 'BUY', quantity: '1' }] },
      },
    })
    expect(answer.headers.get('location')).toBe(status_url)
    const [kept] = await stored({ signal_id })
    expect(kept).toMatchObject({
      source: 'house',
      sender_signal_id: 'first',
      environment: 'staging',
      raw: { note: 'kept', signalID: 'first' },
    })
    expect(kept?.sent_at.getTime()).toBe(sent_at)
    expect(kept?.received_at.getTime() - sent_at).toBe(kept?.latency_ms)
    expect(JSON.stringify(kept)).not.toContain(passphrase)
    const trail = await follow(system, { status_url }, api_key, ENDED)
    expect(trail.states.map(({ state }: { state: string }) => state).slice(0, 3)).toEqual(['RECEIVED', 'STANDARDIZED', 'DECIDED'])
  })

  it('as TradingView sends text is the same signal when it comes again', async () => {
    const { passphrase, api_key } = demoStrategy(system, 'Forex')
    const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
    const text = `strategy_name=Forex; passphrase=${passphrase}; ticker=AUDCAD; exchange=OANDA; action=buy; contracts=5000; price=0.9012; market_position=long; market_position_size=5000; time=${time}; order_id=Enter Long`
    const post = () => system.post('/api/v1/signals', text, { 'content-type': 'text/plain; charset=utf-8' })
    const first = await post()
    expect(first).toMatchObject({ status: 201, body: { echo: { sender_signal_id: `Enter Long@${time.replace('Z', '.000Z')}` } } })
    expect(await post()).toMatchObject({ status: 200, body: { duplicate: true, signal_id: first.body.signal_id } })
    await follow(system, first.body, api_key, ENDED)
  })

  it('a thousand times at once is one signal, decided once', async () => {
    const { api_key } = demoStrategy(system, 'SPY_Equity')
    const body = JSON.stringify(house('SPY_Equity', { signalID: 'often' }))
    const answers = await Promise.all(Array.from({ length: 1000 }, () => system.post('/api/v1/signals', body)))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status, body: { duplicate } }) => status === 200 && duplicate)).toHaveLength(999)
    const [{ signal_id, status_url }] = answers.map(each => each.body)
    expect(new Set(answers.map(each => each.body.signal_id))).toEqual(new Set([signal_id]))
    expect(await stored({ sender_signal_id: 'often' })).toHaveLength(1)
    await follow(system, { status_url }, api_key, ENDED)
    expect(await system.db().collection('cerebro_decisions').countDocuments({ signal_id })).toBe(1)

    const changed = house('SPY_Equity', { signalID: 'often', signal: { ticker: 'SPY', action: 'SELL', quantity: 1 } })
    expect(await system.post('/api/v1/signals', changed)).toMatchObject({ status: 409, body: { code: 'SIGNAL_ID_REUSED' } })
    expect(await stored({ sender_signal_id: 'often' })).toMatchObject([{ signal_id, legs: [{ action: 'BUY' }] }])
  }, 60_000)
})

describe('while Pub/Sub does not answer', () => {
  it('signals are answered all the same, and go out in order once it does', async () => {
    const { pid } = system.endpoints().processes.find(({ name }) => name === 'pubsub') ?? { pid: 0 }
    const ids: string[] = []
    process.kill(pid, 'SIGSTOP')
    try {
      for (let n = 0; n < 5; n += 1) {
        const begun = performance.now()
        const answer = await system.post(
          '/api/v1/signals',
          house('BTC_Crypto', { signalID: `unheard ${n}`, signal: { ticker: 'BTCUSDT', action: 'BUY' } }),
        )
        // To publish is given up after 10 s only.
        expect([answer.status, performance.now() - begun < 8_000]).toEqual([201, true])
        ids.push(answer.body.signal_id)
      }
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await runStep(system, 'collect-signals')
    const decisions = () =>
      system
        .db()
        .collection('cerebro_decisions')
        .find({ signal_id: { $in: ids } })
        .sort({ timestamp: 1 })
        .toArray()
    await vi.waitFor(async () => expect(await decisions()).toHaveLength(5), { timeout: 30_000, interval: 50 })
    expect((await decisions()).map(({ signal_id }) => signal_id)).toEqual(ids)
  })
})

describe('while the database does not answer', () => {
  it('a sender is told so, and what they send again is one signal', async () => {
    const { pid } = system.endpoints().processes.find(({ name }) => name === 'mongodb') ?? { pid: 0 }
    const body = house('BTC_Crypto', {
      signalID: 'unanswered',
      signal: { ticker: 'BTCUSDT', action: 'BUY', expires_at: '2020-01-01T00:00:00Z' },
    })
    process.kill(pid, 'SIGSTOP')
    try {
      expect(await system.post('/api/v1/signals', body)).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    const again = await system.post('/api/v1/signals', body)
    expect([200, 201]).toContain(again.status)
    expect(await stored({ sender_signal_id: 'unanswered' })).toMatchObject([{ signal_id: again.body.signal_id }])
  })
})

describe('the README’s examples', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const example = (language: string) =>
    new RegExp(`<!-- example: ${language} -->\\n\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(readme)?.[1] ?? ''
  const runs = (command: string) => spawnSync(command, ['--version']).status === 0
  // A machine without one of these has nothing to run that example by.
  const languages = [
    { language: 'bash', needs: ['bash', 'openssl', 'curl'], command: ['bash', '-c'] },
    { language: 'python', needs: ['python3'], command: ['python3', '-c'] },
  ].filter(({ needs }) => needs.every(runs))

  it('sign what the door takes', async () => {
    const { hmac_secret } = demoStrategy(system, 'Forex')
    for (const { language, command } of languages) {
      const [program = '', flag = ''] = command
      const environment = {
        ...process.env,
        SIGNALS_URL: system.endpoints().signals_url ?? '',
        STRATEGY_ID: 'Forex',
        HMAC_SECRET: hmac_secret,
      }
      const { stdout } = await promisify(execFile)(program, [flag, example(language)], { env: environment })
      expect(JSON.parse(stdout)).toMatchObject({
        duplicate: false,
        echo: { strategy_id: 'Forex', sender_signal_id: `signed-by-${language}` },
      })
    }
    expect(example('bash')).not.toBe('')
    expect(example('python')).not.toBe('')
  })

  it('of TradingView’s alerts are understood once their placeholders are filled', async () => {
    const { passphrase } = demoStrategy(system, 'ES_Futures')
    const filled = {
      ticker: 'ES1!',
      exchange: 'CME_MINI_DL',
      'strategy.order.action': 'sell',
      'strategy.order.contracts': '1',
      close: '5880.25',
      'strategy.market_position': 'short',
      'strategy.market_position_size': '1',
      timenow: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    }
    const alerts = [...readme.matchAll(/```(json|text)\n([^`]*\{\{ticker\}\}[^`]*)```/g)].map(([, language, text = '']) => ({
      language,
      text,
    }))
    expect(alerts.map(({ language }) => language)).toEqual(['json', 'text'])
    for (const { language, text } of alerts) {
      const values: Record<string, string> = { ...filled, 'strategy.order.id': `Short by ${language}` }
      const message = text
        .replaceAll(/\{\{([^}]+)\}\}/g, (_all, name: string) => values[name] ?? '')
        .replace('…', passphrase)
        .replace('Forex', 'ES_Futures')
      const content_type = language === 'json' ? 'application/json' : 'text/plain'
      expect(await system.post('/api/v1/signals', message, { 'content-type': content_type })).toMatchObject({
        status: 201,
        body: { echo: { legs: [{ instrument_id: 'FUTURE:ESZ2030', action: 'SELL', quantity: '1' }] } },
      })
    }
  })
})

describe('a secret', () => {
  it('of a path, a header or a body is in no log', async () => {
    const { passphrase, api_key } = demoStrategy(system, 'Forex')
    await system.post('/api/v1/signals/a-token-that-is-wrong', { ticker: 'AUDCAD', action: 'BUY' })
    await system.post('/api/v1/signals', `{"passphrase":"${passphrase}" "broken`, { 'x-api-key': api_key })
    expect(await system.get('/api/v1/signals/a-token-that-is-wrong')).toMatchObject({ status: 405 })
    const logs = globSync('logs/*', { cwd: system.dataDir }).map(file => readFileSync(join(system.dataDir, file), 'utf8'))
    expect(logs.length).toBeGreaterThan(3)
    for (const secret of ['a-token-that-is-wrong', passphrase, api_key, '110201543:a-token']) expect(logs.join()).not.toContain(secret)
  })
})

describe('the fund’s Telegram channel', () => {
  it('that was silent all the while is told of every signal, and of every result, once it answers', async () => {
    expect(telegram.told).toEqual([])
    telegram.be('well')
    await runStep(system, 'tell-signals')
    const signals = await stored({ status: { $in: ENDED } })
    expect(signals.length).toBeGreaterThan(2)
    await vi.waitFor(
      () => {
        const lines = telegram.lines().join('\n')
        for (const { signal_id, status } of signals)
          expect(lines).toMatch(new RegExp(`received .*${signal_id}[\\s\\S]*→ ${status}.*${signal_id}`))
      },
      { timeout: 30_000, interval: 100 },
    )
  })
})
