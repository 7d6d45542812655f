import { describe, expect, it } from 'vitest'
import { grouped } from '../../../../../shared/brokers/ccxt/binance/spot-lists.ts'
import { averageCost } from '../../../../../shared/brokers/ccxt/binance/spot-money.ts'
import { toldSpot } from '../../../../../shared/brokers/ccxt/binance/spot-orders.ts'
import { spotReports } from '../../../../../shared/brokers/ccxt/binance/spot-stream.ts'
import { usdmReports } from '../../../../../shared/brokers/ccxt/binance/usdm-stream.ts'
import { spotOrder, trade } from '../../../../../shared/brokers/ccxt/binance/wire.ts'
import { parseUnrounded } from '../../../../../shared/brokers/ccxt/exact-json.ts'
import { silentAccount } from './samples.ts'

const executionReport = {
  e: 'executionReport',
  E: 1772463600123,
  s: 'BTCUSDT',
  c: 'ours1',
  S: 'BUY',
  o: 'LIMIT',
  f: 'GTC',
  q: '1.00000000',
  p: '65000.10000000',
  P: '0.00000000',
  g: -1,
  C: '',
  x: 'TRADE',
  X: 'PARTIALLY_FILLED',
  r: 'NONE',
  i: 4293153,
  l: '0.25000000',
  z: '0.25000000',
  L: '65000.09000000',
  n: '0.00025000',
  N: 'BTC',
  T: 1772463600120,
  t: 77,
}

const orderUpdate = {
  e: 'ORDER_TRADE_UPDATE',
  E: 1772463600123,
  T: 1772463600120,
  o: {
    s: 'BTCUSDT',
    c: 'ours2',
    S: 'SELL',
    o: 'MARKET',
    f: 'GTC',
    q: '0.001',
    p: '0',
    ap: '9910.11',
    sp: '0',
    x: 'TRADE',
    X: 'FILLED',
    i: 8886774,
    l: '0.001',
    z: '0.001',
    L: '9910.12345',
    N: 'USDT',
    n: '0.00396404',
    T: 1772463600120,
    t: 12,
    ot: 'MARKET',
    ps: 'BOTH',
  },
}

describe('Binance’s events', () => {
  it('tells a spot trade to the last digit, and its order', async () => {
    const [execution, order] = await spotReports(silentAccount('binance'), { subscriptionId: 0, event: executionReport })
    if (execution?.kind !== 'execution' || order?.kind !== 'order') throw new Error('two reports were expected')
    const { execution_id, price, quantity, commission, commission_currency, fee_quantity, time, client_order_id, instrument_id } =
      execution.execution
    expect([execution_id, price, quantity].map(String)).toEqual(['BTCUSDT:77', '65000.09', '0.25'])
    // 0.00025 BTC at 65,000.09
    expect([commission, commission_currency, fee_quantity].map(String)).toEqual(['16.2500225', 'USDT', '0.00025'])
    expect([time.toISOString(), client_order_id, instrument_id]).toEqual(['2026-03-02T15:00:00.120Z', 'ours1', 'CRYPTO:BTCUSDT'])
    expect([order.order.status, String(order.order.limit_price)]).toEqual(['PARTIALLY_FILLED', '65000.1'])
  })

  it('knows a canceled order by the id that we gave it, not by that of the cancel', async () => {
    const [order] = await spotReports(silentAccount('binance'), {
      ...executionReport,
      x: 'CANCELED',
      X: 'CANCELED',
      c: 'other',
      C: 'ours1',
    })
    expect(order).toMatchObject({ kind: 'order', order: { client_order_id: 'ours1', status: 'CANCELED' } })
  })

  it('leaves the status of a list’s sides to asking, but tells what was traded', async () => {
    const reports = await spotReports(silentAccount('binance'), { ...executionReport, g: 5, c: 'ours1_HI' })
    expect(reports).toMatchObject([{ kind: 'execution', execution: { client_order_id: 'ours1' } }])
  })

  it('tells a contract’s trade, also of what a conditional order became', async () => {
    const account = silentAccount('binanceusdm')
    const algo = {
      caid: 'ours3',
      aid: 9,
      o: 'STOP_MARKET',
      s: 'BTCUSDT',
      S: 'SELL',
      q: '0.001',
      X: 'TRIGGERED',
      ai: '8886774',
      tp: '9900',
      p: '0',
    }
    expect(await usdmReports(account, { e: 'ALGO_UPDATE', T: 1772463600100, o: algo })).toMatchObject([
      { kind: 'order', order: { client_order_id: 'ours3', status: 'SUBMITTED', order_type: 'STOP' } },
    ])
    const [execution] = await usdmReports(account, orderUpdate)
    expect(execution).toMatchObject({
      kind: 'execution',
      execution: { client_order_id: 'ours3', action: 'SELL', instrument_id: 'FUTURE:BTCUSDT.P' },
    })
    expect(execution?.kind === 'execution' && String(execution.execution.price)).toBe('9910.12345')
  })

  it.each(['listenKeyExpired'])('takes %s for the end of the stream', async e => {
    expect(await usdmReports(silentAccount('binanceusdm'), { e, listenKey: 'x' })).toEqual([{ kind: 'status', status: 'DISCONNECTED' }])
  })

  it('leaves a trade without a price to asking, and keeps every digit of a long id', async () => {
    const told = await spotReports(silentAccount('binance'), { event: { ...executionReport, L: '0.00000000' } })
    expect(told.map(({ kind }) => kind)).toEqual(['order'])
    expect(parseUnrounded('{"i": 8389765739703625592, "L": 2631.90, "q": 0.123456789012345678}')).toEqual({
      i: '8389765739703625592',
      L: 2631.9,
      q: '0.123456789012345678',
    })
  })

  it('leaves what a contract’s fee in BNB was worth to asking', async () => {
    const { o } = orderUpdate
    const tell = async (N: string) => {
      const [told] = await usdmReports(silentAccount('binanceusdm'), { ...orderUpdate, o: { ...o, n: '0.0002', N } })
      return told?.kind === 'execution' ? [String(told.execution.commission), told.execution.commission_pending ?? false] : []
    }
    expect(await tell('USDT')).toEqual(['0.0002', false])
    expect(await tell('BNB')).toEqual(['0', true])
  })

  it('says why a conditional order was refused', async () => {
    const o = {
      caid: 'ours4',
      aid: 1,
      o: 'STOP_MARKET',
      s: 'BTCUSDT',
      S: 'SELL',
      q: '1',
      X: 'REJECTED',
      rm: 'Reduce Only reject',
      tp: '9',
      p: '0',
    }
    expect(await usdmReports(silentAccount('binanceusdm'), { e: 'ALGO_UPDATE', T: 1772463600100, o })).toMatchObject([
      { order: { status: 'REJECTED', reason: 'Reduce Only reject' } },
    ])
  })

  it('tells every listed order, also where somebody else gave several one id', async () => {
    const account = silentAccount('binance')
    const listed = (symbol: string) =>
      spotOrder.parse({
        symbol,
        orderId: 1,
        clientOrderId: 'theirs',
        price: '1',
        origQty: '1',
        executedQty: '0',
        status: 'NEW',
        type: 'LIMIT',
        side: 'BUY',
      })
    const orders = [await toldSpot(account, listed('BTCUSDT'), []), await toldSpot(account, listed('ETHUSDT'), [])]
    expect(grouped(orders).whole.map(({ broker_order_id }) => broker_order_id)).toEqual(['BTCUSDT:1', 'ETHUSDT:1'])
  })

  it('lets pass what it does not know', async () => {
    expect(await spotReports(silentAccount('binance'), { event: { e: 'outboundAccountPosition', B: [] } })).toEqual([])
    expect(await usdmReports(silentAccount('binanceusdm'), { e: 'ACCOUNT_UPDATE', a: {} })).toEqual([])
  })

  it('counts what a coin cost, with fees paid in the coin', () => {
    const each = (id: number, isBuyer: boolean, qty: string, price: string, commission: string) =>
      trade.parse({ symbol: 'BTCUSDT', id, orderId: id, price, qty, commission, commissionAsset: 'BTC', time: 1, isBuyer })
    // 2 bought for 200 in all, 0.1 of them gone as a fee: 200 ÷ 1.9; half of what is left sold leaves the same average
    expect(averageCost([each(1, true, '2', '100', '0.1')], 'BTC')?.toFixed(6)).toBe('105.263158')
    expect(averageCost([each(1, true, '2', '100', '0.1'), each(2, false, '0.95', '300', '0')], 'BTC')?.toFixed(6)).toBe('105.263158')
    expect(averageCost([each(1, true, '1', '100', '0'), each(2, false, '1', '300', '0')], 'BTC')).toBeNull()
  })
})
