import type { Contract } from '@stoqey/ib'
import { describe, expect, it } from 'vitest'
import { contractOf, openContracts } from '../../../../../shared/brokers/ibkr/contracts.ts'
import { exact, exactText, onWire } from '../../../../../shared/brokers/ibkr/exact.ts'
import type { InstrumentDocument } from '../../../../../shared/messages/instrument.ts'
import { demoContracts } from '../../../../simulators/ibkr/contracts.ts'
import { instruments, money } from '../../../../simulators/ibkr/venue.ts'

const all: InstrumentDocument[] = Object.values(instruments)
const contracts = openContracts({
  instruments: {
    byId: async id => all.find(({ instrument_id }) => instrument_id === id) ?? null,
    bySymbol: async (venue, symbol) =>
      all.find(({ broker_symbols }) => broker_symbols[venue] === symbol) ?? all.find(each => each.symbol === symbol) ?? null,
  },
})

/** Numbers of the wire are texts for the encoder. */
const shown = (contract: Contract) => Object.fromEntries(Object.entries(contract).map(([name, value]) => [name, String(value)]))

describe('the contract of an instrument', () => {
  it.each([
    ['stock', { symbol: 'AAPL', secType: 'STK', exchange: 'SMART', primaryExch: 'NASDAQ', currency: 'USD' }],
    [
      'option',
      {
        ...{ symbol: 'AAPL', secType: 'OPT', exchange: 'SMART', currency: 'USD', lastTradeDateOrContractMonth: '20301220' },
        ...{ strike: '250', right: 'C', multiplier: '100' },
      },
    ],
    ['future', { localSymbol: 'ESZ0', secType: 'FUT', exchange: 'CME', currency: 'USD' }],
    [
      'plainFuture',
      { symbol: 'NQ', secType: 'FUT', exchange: 'CME', currency: 'USD', lastTradeDateOrContractMonth: '20301220', multiplier: '20' },
    ],
    ['pair', { symbol: 'EUR', secType: 'CASH', exchange: 'IDEALPRO', currency: 'USD' }],
    ['cross', { symbol: 'AUD', secType: 'CASH', exchange: 'IDEALPRO', currency: 'CAD' }],
    ['coin', { symbol: 'BTC', secType: 'CRYPTO', exchange: 'PAXOS', currency: 'USD' }],
  ] as const)('names a %s', (name, contract) => {
    expect(shown(contractOf(instruments[name]))).toEqual(contract)
  })

  it('writes a class of shares with a space', () => {
    expect(contractOf({ ...instruments.stock, symbol: 'BRK.B' }).symbol).toBe('BRK B')
  })

  it.each([
    ['AAPL', 'STK', 'EQUITY:AAPL'],
    ['AAPL  301220C00250000', 'OPT', 'OPTION:AAPL301220C00250000'],
    ['ESZ0', 'FUT', 'FUTURE:ESZ2030'],
    ['NQZ0', 'FUT', 'FUTURE:NQZ2030'],
    ['EUR.USD', 'CASH', 'FOREX:EURUSD'],
    ['AUD.CAD', 'CASH', 'FOREX:AUDCAD'],
    ['BTC.USD', 'CRYPTO', 'CRYPTO:BTCUSD'],
    ['MSFT', 'STK', 'ibkr:MSFT'],
  ])('finds the instrument of %s (%s)', async (local_symbol, sec_type, instrument_id) => {
    const listed = demoContracts.find(each => each.local_symbol === local_symbol && each.sec_type === sec_type)
    const told = {
      conId: listed?.con_id,
      symbol: listed?.symbol,
      secType: sec_type,
      currency: listed?.currency,
      localSymbol: local_symbol,
      lastTradeDateOrContractMonth: listed?.expiry,
    } as Contract
    expect((await contracts.find(told)).instrument_id).toBe(instrument_id)
  })
})

describe('numbers of the wire', () => {
  it('keeps every digit', () => {
    expect(String(exact(196.52))).toBe('196.52')
    expect(exact(0.00000001)?.toFixed()).toBe('0.00000001')
    expect(exact(1234567890.12345)?.toFixed()).toBe('1234567890.12345')
    expect(exactText('1,234.50')?.toFixed()).toBe('1234.5')
    expect(String(onWire(money('0.00000001')))).toBe('0.00000001')
  })

  it('knows what is not set', () => {
    expect([exact(undefined), exact(Number.MAX_VALUE), exact(Number.NaN), exactText(''), exactText('N/A')]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
  })
})
