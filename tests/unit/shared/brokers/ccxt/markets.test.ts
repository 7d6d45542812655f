import { describe, expect, it } from 'vitest'
import { instrumentOf, marketOf, marketsOf, remember, unifiedNames } from '../../../../../shared/brokers/ccxt/account.ts'
import { coin, perpetual } from '../../../../contract/brokers/binance/venue.ts'
import { silentAccount } from './samples.ts'

describe('mapping instruments to Binance’s markets', () => {
  it.each([
    ['a coin by its common name', coin, 'BTCUSDT'],
    ['a perpetual contract', perpetual, 'BTCUSDT'],
    ['a dated contract', { ...perpetual, expiry: '2026-03-27', broker_symbols: { ccxt: 'BTC/USDT:USDT-260327' } }, 'BTCUSDT_260327'],
    [
      'a dated contract that has no other name',
      { ...perpetual, symbol: 'BTC-USDT', expiry: '2026-03-27', broker_symbols: {} },
      'BTCUSDT_260327',
    ],
    ['a coin that has no other name', { ...coin, symbol: 'eth/usdt', broker_symbols: {} }, 'ETHUSDT'],
    [
      'what the exchange itself calls it, first',
      { ...coin, broker_symbols: { binance: '1000SHIBUSDT', ccxt: 'SHIB/USDT' } },
      '1000SHIBUSDT',
    ],
  ])('finds %s', (_, instrument, market) => {
    expect(marketOf('binance', instrument)).toBe(market)
  })

  it('finds the instrument of a market again, spot and contract apart', async () => {
    expect(await instrumentOf(silentAccount('binance'), 'BTCUSDT', false)).toMatchObject({ instrument_id: 'CRYPTO:BTCUSDT' })
    expect(await instrumentOf(silentAccount('binanceusdm'), 'BTCUSDT', true)).toMatchObject({ instrument_id: 'FUTURE:BTCUSDT.P' })
    expect(await instrumentOf(silentAccount('binance'), 'DOGEEUR', false)).toEqual({ instrument_id: 'ccxt:DOGEEUR', symbol: 'DOGEEUR' })
  })

  it('knows what ccxt may call a market', () => {
    expect(unifiedNames('ETHBTC', false)).toEqual(['ETH/BTC'])
    expect(unifiedNames('BTCUSDT', true)).toEqual(['BTC/USDT:USDT'])
    expect(unifiedNames('BTCUSDT_260327', true)).toEqual(['BTC/USDT:USDT-260327'])
  })

  it('asks for an order only where it may be', async () => {
    const account = silentAccount('binance')
    const id = { account_id: 'A1', client_order_id: 'ours' }
    expect(await marketsOf(account, id)).toEqual([])
    expect(await marketsOf(account, { ...id, instrument_id: 'CRYPTO:BTCUSDT' })).toEqual(['BTCUSDT'])
    expect(await marketsOf(account, { ...id, broker_order_id: 'ETHUSDT:12' })).toEqual(['ETHUSDT'])
    remember(account, { symbol: 'BNBUSDT', client_order_id: 'ours', broker_order_id: 'BNBUSDT:7' })
    expect(await marketsOf(account, id)).toEqual(['BNBUSDT'])
  })
})
