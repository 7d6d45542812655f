import { describe, expect, it } from 'vitest'
import type { PlaceRequest } from '../../../../../shared/brokers/broker.ts'
import type { Account } from '../../../../../shared/brokers/ccxt/account.ts'
import { unified } from '../../../../../shared/brokers/ccxt/unified.ts'
import { noTerms } from '../../../../../shared/brokers/order-terms.ts'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'
import { coin } from '../../../../contract/brokers/binance/venue.ts'
import { silentAccount } from './samples.ts'

const money = (text: string) => new Decimal(text)

/** An exchange in ccxt's common words, as it answers with `number: String`. */
function talking(orders: Record<string, unknown>[] = [], trades: Record<string, unknown>[] = []) {
  const asked: unknown[][] = []
  const exchange = {
    has: { fetchOpenOrders: true, fetchClosedOrders: true, fetchOrders: true, fetchTime: true },
    markets: { 'BTC/USDT': {} },
    createOrder: async (...given: unknown[]) => {
      asked.push(given)
      return { id: 'O1', symbol: 'BTC/USDT', status: 'open' }
    },
    cancelOrder: async (...given: unknown[]) => void asked.push(['cancel', ...given]),
    fetchOpenOrders: async () => orders.filter(({ status }) => status === 'open'),
    fetchClosedOrders: async () => orders.filter(({ status }) => status !== 'open'),
    fetchOrders: async () => orders,
    fetchMyTrades: async () => trades,
    fetchBalance: async () => ({ total: { BTC: '0.5', USDT: '1000.10' }, free: { BTC: '0.5', USDT: '900.05' } }),
    fetchTicker: async () => ({ bid: '65000.1', ask: '65000.2', last: '65000.15', timestamp: 1772463600000 }),
  }
  const account = silentAccount('kraken')
  const session = { ...account.session, exchange, work: (_name: string, work: (of: unknown) => unknown) => work(exchange) }
  return { asked, account: { ...account, session } as unknown as Account }
}

const request: PlaceRequest = {
  account_id: 'A1',
  client_order_id: 'ours',
  instrument: coin,
  action: 'BUY',
  quantity: money('0.12345678'),
  order_type: 'LIMIT',
  time_in_force: 'DAY',
  ...noTerms,
  limit_price: money('65000.01'),
  is_exit: false,
}

const order = {
  id: 'O1',
  clientOrderId: 'ours',
  symbol: 'BTC/USDT',
  side: 'buy',
  type: 'limit',
  price: '65000.01',
  amount: '0.5',
  filled: '0.2',
}
const trade = { id: 'T1', order: 'O1', symbol: 'BTC/USDT', side: 'buy', price: '65000.01', amount: '0.2', timestamp: 1772463600000 }

describe('any exchange in common words', () => {
  it('sends an order digit for digit, under our id', async () => {
    const { account, asked } = talking()
    const placed = await unified.place(account, request)
    expect(asked).toEqual([['BTC/USDT', 'limit', 'buy', '0.12345678', '65000.01', { clientOrderId: 'ours', timeInForce: 'GTC' }]])
    expect(placed).toMatchObject({ broker_order_id: 'O1', client_order_id: 'ours', status: 'SUBMITTED', instrument_id: 'CRYPTO:BTCUSDT' })
    expect(String(placed.quantity)).toBe('0.12345678')
  })

  it('finds an order by our id in its market’s lists, with what has filled', async () => {
    const { account } = talking([{ ...order, status: 'open' }], [{ ...trade, fee: { cost: '13.00', currency: 'USDT' } }])
    const id = { account_id: 'A1', client_order_id: 'ours', instrument_id: 'CRYPTO:BTCUSDT' }
    const seen = await unified.get(account, id)
    expect([seen?.status, String(seen?.filled_qty), String(seen?.fills[0]?.commission)]).toEqual(['PARTIALLY_FILLED', '0.2', '13'])
    expect(await unified.get(account, { ...id, client_order_id: 'never' })).toBeNull()
  })

  it('tells executions with the order that they are of, and says where a fee is not known yet', async () => {
    const { account } = talking([{ ...order, status: 'closed' }], [trade])
    account.symbols.add('BTC/USDT')
    expect(await unified.executions(account, new Date(0))).toMatchObject([
      { execution_id: 'BTC/USDT:T1', client_order_id: 'ours', action: 'BUY', commission_pending: true },
    ])
    expect(await unified.executions(account, new Date('2999-01-01'))).toEqual([])
  })

  it('counts a fee in the coin itself as units and as what they were worth', async () => {
    const { account } = talking([{ ...order, status: 'closed' }], [{ ...trade, fee: { cost: '0.0002', currency: 'BTC' } }])
    account.symbols.add('BTC/USDT')
    const [told] = await unified.executions(account, new Date(0))
    // 0.0002 × 65,000.01
    expect([told?.commission, told?.commission_currency, told?.fee_quantity].map(String)).toEqual(['13.000002', 'USDT', '0.0002'])
  })

  it('takes Kraken’s 0 for no id, and what a closed order did not fill for canceled', async () => {
    const { account } = talking([{ ...order, clientOrderId: '0', status: 'closed' }])
    account.clientIdOf.set('O1', 'known')
    const found = await unified.open({
      ...account,
      session: { ...account.session, work: async () => [{ ...order, clientOrderId: '0', status: 'closed', filled: '0' }] },
    } as never)
    expect(found).toMatchObject([{ client_order_id: null, status: 'CANCELED' }])
  })

  it('cancels by the exchange’s own id', async () => {
    const { account, asked } = talking([{ ...order, status: 'open' }])
    await unified.cancel(account, { account_id: 'A1', client_order_id: 'ours', instrument_id: 'CRYPTO:BTCUSDT' })
    expect(asked).toEqual([['cancel', 'O1', 'BTC/USDT']])
  })

  it('counts coins at their price and cash as it is', async () => {
    const { account } = talking()
    const { equity, cash, margin_available } = await unified.balance(account)
    // 0.5 × 65000.15 and 1000.10
    expect([equity, cash, margin_available].map(String)).toEqual(['33500.175', '1000.1', '900.05'])
    expect(await unified.quote(account, coin)).toMatchObject({ as_of: new Date(1772463600000) })
  })
})
