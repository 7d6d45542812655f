import { beforeAll, describe, expect, it } from 'vitest'
import { examineSignal } from '../../functions/ingest-signal/handler.ts'
import { instruments } from '../../shared/store/instruments.ts'
import { accountOf } from '../../shared/store/strategy-configurations.ts'
import { shownBy, startDoor } from './door-harness.ts'

let door: Awaited<ReturnType<typeof startDoor>>
const now = new Date('2026-03-02T15:00:00.250Z')

const instrument = (given: Record<string, unknown>) => ({
  instrument_id: `${given.asset_class}:${given.symbol}`,
  name: String(given.symbol),
  exchange: null,
  currency: 'USD',
  expiry: null,
  strike: null,
  right: null,
  multiplier: '1',
  lot: '1',
  tick: '0.01',
  margin_per_lot: null,
  margin_pct: null,
  calendar: 'XNYS',
  broker_symbols: {},
  continuous_of: null,
  ...given,
})

const loaded = [
  instrument({ symbol: 'TCS', asset_class: 'EQUITY', exchange: 'NYSE' }),
  instrument({
    symbol: 'AAPL240621C00190000',
    asset_class: 'OPTION',
    expiry: '2024-06-21',
    strike: '190',
    right: 'CALL',
    multiplier: '100',
  }),
  instrument({ symbol: 'GOLD', asset_class: 'EQUITY', exchange: 'NYSE' }),
  instrument({ symbol: 'GOLD', asset_class: 'FUTURE', exchange: 'MCX', expiry: '2026-06-05', currency: 'INR' }),
  instrument({ instrument_id: 'one', symbol: 'TWIN', asset_class: 'EQUITY', exchange: 'NYSE' }),
  instrument({ instrument_id: 'other', symbol: 'TWIN', asset_class: 'EQUITY', exchange: 'NASDAQ' }),
]

beforeAll(async () => {
  door = await startDoor('standard_form')
  await instruments.in(door.store).insertMany(loaded.map(each => ({ ...instruments.read(each) })))
})

const credentials = { strategy_name: 'Forex', passphrase: shownBy('Forex').passphrase }
const send = (signal: unknown, others: Record<string, unknown> = {}) => door.send({ body: { ...credentials, ...others, signal }, now })

describe('a leg', () => {
  it.each([
    [{ ticker: 'AUDCAD' }, 'FOREX:AUDCAD'],
    [{ ticker: 'audcad' }, 'FOREX:AUDCAD'],
    [{ ticker: 'FX:AUDCAD' }, 'FOREX:AUDCAD'],
    [{ ticker: 'AUD/CAD' }, 'FOREX:AUDCAD'],
    [{ ticker: 'AUD.CAD', asset_class: 'forex' }, 'FOREX:AUDCAD'],
    [{ ticker: 'BTCUSDT' }, 'CRYPTO:BTCUSDT'],
    [{ ticker: 'BTC/USDT', asset_class: 'crypto' }, 'CRYPTO:BTCUSDT'],
    [{ ticker: 'BINANCE:BTCUSDT' }, 'CRYPTO:BTCUSDT'],
    [{ ticker: 'ES1!' }, 'FUTURE:ESZ2030'],
    [{ ticker: 'CME_MINI:ES1!' }, 'FUTURE:ESZ2030'],
    [{ ticker: 'ESZ2030' }, 'FUTURE:ESZ2030'],
    [{ ticker: 'ESZ30' }, 'FUTURE:ESZ2030'],
    [{ ticker: 'ES', asset_class: 'FUTURES', expiry: '203012' }, 'FUTURE:ESZ2030'],
    [{ ticker: 'NSE:RELIANCE' }, 'EQUITY:RELIANCE'],
    [{ ticker: 'RELIANCE', exchange: 'NSE' }, 'EQUITY:RELIANCE'],
    [{ ticker: 'AAPL', exchange: 'BATS' }, 'EQUITY:AAPL'],
    [{ ticker: 'AAPL240621C00190000' }, 'OPTION:AAPL240621C00190000'],
    [{ ticker: 'AAPL  240621C00190000' }, 'OPTION:AAPL240621C00190000'],
    [{ ticker: 'OPRA:AAPL240621C190.0' }, 'OPTION:AAPL240621C00190000'],
    [{ ticker: 'AAPL', asset_class: 'OPTION', expiry: '20240621', strike: 190, right: 'C' }, 'OPTION:AAPL240621C00190000'],
    [{ ticker: 'GOLD', asset_class: 'EQUITY' }, 'EQUITY:GOLD'],
    [{ ticker: 'GOLD' }, 'EQUITY:GOLD'],
    [{ ticker: 'MCX:GOLD' }, 'FUTURE:GOLD'],
    [{ ticker: 'GOLD', expiry: '2026-06-05' }, 'FUTURE:GOLD'],
    [{ ticker: 'TWIN', exchange: 'NASDAQ' }, 'other'],
    [{ ticker: 'SPX' }, 'INDEX:SPX'],
  ])('%j is one instrument: %s', async (leg, instrument_id) => {
    const { status, body } = await send({ action: 'BUY', ...leg }, { signalID: JSON.stringify(leg).slice(0, 128) })
    expect([status, body.echo?.legs]).toEqual([201, [expect.objectContaining({ instrument_id })]])
  })

  it.each([
    [{ ticker: 'NOSUCH' }],
    [{ ticker: 'TWIN' }],
    [{ ticker: 'AAPL', asset_class: 'CRYPTO' }],
    [{ ticker: 'AAPL', currency: 'EUR' }],
    [{ ticker: 'AAPL240621C00195000' }],
    [{ ticker: 'ESZ2030', multiplier: 5 }],
    // A share of this symbol in India is another company's than the one that is loaded.
    [{ ticker: 'NSE:TCS' }],
  ])('%j is none or several, and refused', async leg => {
    const { status, body } = await send({ action: 'BUY', ...leg })
    expect([status, body.code, body.errors[0].path]).toEqual([422, 'UNKNOWN_INSTRUMENT', 'signal.0.ticker'])
  })

  it('goes by the class of the strategy’s own instrument where two would do', async () => {
    const classes = async (asset_class: string) => {
      await configure('Forex', { default_instrument: { ticker: 'X', asset_class } })
      return (await send({ ticker: 'GOLD', action: 'BUY' }, { signalID: asset_class })).body.echo.legs[0].instrument_id
    }
    expect([await classes('FUTURE'), await classes('EQUITY')]).toEqual(['FUTURE:GOLD', 'EQUITY:GOLD'])
  })
})

describe('what is wrong with a signal', () => {
  const sent = { ...{ strategy_name: 'Forex', passphrase: shownBy('Forex').passphrase } }
  it.each([
    [
      {
        ...sent,
        signal: [
          { symbol: 'AUDCAD', side: 'buy' },
          { symbol: 'NOSUCH', side: 'buy' },
        ],
      },
      'signal.1.symbol',
    ],
    [{ ...sent, symbol: 'NOSUCH', side: 'buy' }, 'symbol'],
    [{ ...sent, ticker: 'AUDCAD', action: 'buy', order_id: 'x', time: '2030-01-01T00:00:00Z' }, 'time'],
    [{ ...sent, signal: { ticker: 'AUDCAD', action: 'buy' }, signalSentEpoch: 1_900_000_000 }, 'signalSentEpoch'],
  ])('%# is told where its sender wrote it', async (body, path) => {
    const { status, body: problem } = await door.send({ body, now })
    expect([status, problem.errors.map((error: { path: string }) => error.path)]).toEqual([422, [path]])
  })
})

describe('the standard form', () => {
  it('holds every field of a signal, its legs in their order', async () => {
    const strike = { ticker: 'AAPL', asset_class: 'OPTION', expiry: '20240621', strike: 190, right: 'CALL' }
    const body = {
      ...credentials,
      signalID: 'whole',
      signal_sent_EPOCH: 1_772_463_600,
      signal: [
        {
          ...strike,
          action: 'sell',
          quantity: 2,
          order_type: 'limit',
          limit_price: '4.2',
          price: 4.1,
          time_in_force: 'gtc',
          signal_type: 'entry',
          position_after: -2,
        },
        { ticker: 'AAPL', action: 'buy', quantity: '200', stop_loss: 180, take_profit: 210.5, price: 191 },
      ],
    }
    const { store, parts } = door
    const log = { info: () => undefined, warning: () => undefined, error: () => undefined }
    const draft = await examineSignal(parts)({ rawBody: Buffer.from(JSON.stringify(body)), headers: {}, address: '', now, log })
    expect(JSON.parse(JSON.stringify(draft))).toMatchObject({
      strategy_id: 'Forex',
      sender_signal_id: 'whole',
      environment: 'staging',
      source: 'house',
      sent_at: '2026-03-02T15:00:00.000Z',
      received_at: now.toISOString(),
      latency_ms: 250,
      position_after: '-2',
      legs: [
        {
          instrument_id: 'OPTION:AAPL240621C00190000',
          instrument: {
            symbol: 'AAPL240621C00190000',
            asset_class: 'OPTION',
            expiry: '2024-06-21',
            strike: '190',
            right: 'CALL',
            multiplier: '100',
          },
          quote_at_receipt: null,
          signal_type: 'ENTRY',
          action: 'SELL',
          requested_quantity: '2',
          order_type: 'LIMIT',
          limit_price: '4.2',
          price: '4.1',
          time_in_force: 'GTC',
        },
        {
          instrument_id: 'EQUITY:AAPL',
          action: 'BUY',
          requested_quantity: '200',
          stop_loss: '180',
          take_profit: '210.5',
          signal_type: null,
        },
      ],
    })
    expect(await store.db.collection('trading_signals').countDocuments({ sender_signal_id: 'whole' })).toBe(0)
  })

  it('holds the quote of now where no price was sent', async () => {
    const quote = { bid: '1.1', ask: '1.2', last: '1.15', as_of: now, source: 'test' }
    await door.store.db
      .collection('quotes')
      .updateOne({ instrument_id: 'FOREX:EURUSD' }, { $set: quote }, { upsert: true, bypassDocumentValidation: true })
    await send({ ticker: 'EURUSD', action: 'BUY' }, { signalID: 'unpriced' })
    await send({ ticker: 'EURUSD', action: 'BUY', price: 1.1 }, { signalID: 'priced' })
    const kept = (sender_signal_id: string) => door.store.db.collection('trading_signals').findOne({ sender_signal_id })
    expect(JSON.parse(JSON.stringify((await kept('unpriced'))?.legs[0].quote_at_receipt))).toMatchObject({ as_of: now.toISOString() })
    expect((await kept('priced'))?.legs[0].quote_at_receipt).toBeNull()
  })

  it('is read in the format that its sender is configured for', async () => {
    await configure('AAPL_Equity', { signal_format: 'minimal' })
    const alert = {
      strategy_name: 'AAPL_Equity',
      passphrase: shownBy('AAPL_Equity').passphrase,
      ticker: 'AAPL',
      action: 'sell',
      market_position: 'flat',
      sentiment: 'flat',
    }
    const { body } = await door.send({ body: alert, now })
    expect(await door.store.db.collection('trading_signals').findOne({ signal_id: body.signal_id })).toMatchObject({ source: 'minimal' })
  })
})

const configure = (strategy_id: string, changes: Record<string, unknown>) =>
  door.store.db.collection('strategy_configurations').updateOne({ strategy_id }, { $set: changes })

describe('a strategy that is', () => {
  const body = { strategy_name: 'BTC_Crypto', passphrase: shownBy('BTC_Crypto').passphrase, signal: { ticker: 'BTCUSDT', action: 'SELL' } }
  const outcome = async (signalID: string) => {
    const answer = await door.send({ body: { ...body, signalID }, now })
    return `${answer.status} ${answer.body.code ?? ''}`.trim()
  }
  const { db } = { db: () => door.store.db }
  const loose = { bypassDocumentValidation: true }

  it('INACTIVE and flat is refused, but not while it has something to end', async () => {
    await configure('BTC_Crypto', { status: 'INACTIVE' })
    expect(await outcome('flat')).toBe('403 STRATEGY_INACTIVE')

    await db().collection('positions').insertOne({ strategy_id: 'BTC_Crypto', status: 'OPEN' }, loose)
    expect(await outcome('holding').catch(String)).not.toBe('403 STRATEGY_INACTIVE')
    await db().collection('positions').deleteMany({ strategy_id: 'BTC_Crypto' })
    await db().collection('trading_signals').deleteMany({ strategy_id: 'BTC_Crypto' })

    await db()
      .collection('trading_orders')
      .insertOne({ order_id: 'working', client_order_id: 'working', strategy_id: 'BTC_Crypto', status: 'SUBMITTED' }, loose)
    expect(await outcome('working')).toBe('201')
    await db().collection('trading_orders').deleteMany({ strategy_id: 'BTC_Crypto' })

    // The one just stored is undecided.
    expect(await outcome('undecided')).toBe('201')
    await db().collection('trading_signals').deleteMany({ strategy_id: 'BTC_Crypto' })
    expect(await outcome('flat again')).toBe('403 STRATEGY_INACTIVE')
  })

  it('TESTING trades on paper, whatever its mode', () => {
    const strategy = { status: 'TESTING', trading_mode: 'LIVE', account: 'Live', paper_account: 'Paper' } as Parameters<typeof accountOf>[0]
    expect(accountOf(strategy)).toEqual({ account_id: 'Paper', trading_mode: 'PAPER' })
  })
})
