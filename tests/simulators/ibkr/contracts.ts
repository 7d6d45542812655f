/** A contract that the simulated broker lists. Texts are as the protocol has them. */
export interface SimContract {
  con_id: number
  symbol: string
  sec_type: 'STK' | 'OPT' | 'FUT' | 'CASH' | 'CRYPTO' | 'IND'
  exchange: string
  primary_exchange: string
  currency: string
  /** YYYYMMDD. */
  expiry: string
  strike: string
  right: '' | 'C' | 'P'
  multiplier: string
  local_symbol: string
  trading_class: string
  min_tick: string
  time_zone: string
  liquid_hours: string
}

const listed = (given: Pick<SimContract, 'con_id' | 'symbol' | 'local_symbol'> & Partial<SimContract>): SimContract => ({
  sec_type: 'STK',
  exchange: 'SMART',
  primary_exchange: 'NASDAQ',
  currency: 'USD',
  expiry: '',
  strike: '',
  right: '',
  multiplier: '',
  trading_class: given.symbol,
  min_tick: '0.01',
  time_zone: 'US/Eastern',
  liquid_hours: '20260302:0930-20260302:1600;20260303:0930-20260303:1600;20260304:CLOSED',
  ...given,
})

/** One or two of every class that is traded. */
export const demoContracts: readonly SimContract[] = [
  listed({ con_id: 265598, symbol: 'AAPL', local_symbol: 'AAPL', trading_class: 'NMS' }),
  listed({ con_id: 272093, symbol: 'MSFT', local_symbol: 'MSFT', trading_class: 'NMS' }),
  listed({ con_id: 756733, symbol: 'SPY', local_symbol: 'SPY', primary_exchange: 'ARCA' }),
  listed({
    con_id: 810_001,
    symbol: 'AAPL',
    sec_type: 'OPT',
    primary_exchange: '',
    expiry: '20301220',
    strike: '250',
    right: 'C',
    multiplier: '100',
    local_symbol: 'AAPL  301220C00250000',
    min_tick: '0.05',
  }),
  listed({
    con_id: 637_533_641,
    symbol: 'ES',
    sec_type: 'FUT',
    exchange: 'CME',
    primary_exchange: '',
    expiry: '20301220',
    multiplier: '50',
    local_symbol: 'ESZ0',
    min_tick: '0.25',
    time_zone: 'US/Central',
    liquid_hours: '20260302:0830-20260302:1500;20260302:1700-20260303:1600',
  }),
  listed({
    con_id: 637_533_642,
    symbol: 'NQ',
    sec_type: 'FUT',
    exchange: 'CME',
    primary_exchange: '',
    expiry: '20301220',
    multiplier: '20',
    local_symbol: 'NQZ0',
    min_tick: '0.25',
    time_zone: 'US/Central',
  }),
  listed({
    con_id: 12_087_792,
    symbol: 'EUR',
    sec_type: 'CASH',
    exchange: 'IDEALPRO',
    primary_exchange: '',
    local_symbol: 'EUR.USD',
    trading_class: 'EUR.USD',
    min_tick: '0.00005',
    liquid_hours: '20260301:1715-20260302:1700;20260302:1715-20260303:1700',
  }),
  listed({
    con_id: 15_016_062,
    symbol: 'AUD',
    sec_type: 'CASH',
    exchange: 'IDEALPRO',
    primary_exchange: '',
    currency: 'CAD',
    local_symbol: 'AUD.CAD',
    trading_class: 'AUD.CAD',
    min_tick: '0.00005',
  }),
  listed({
    con_id: 479_624_278,
    symbol: 'BTC',
    sec_type: 'CRYPTO',
    exchange: 'PAXOS',
    primary_exchange: '',
    local_symbol: 'BTC.USD',
    min_tick: '0.25',
  }),
]

/** What a request says of the contract that it is about. */
export interface AskedContract {
  con_id: string
  symbol: string
  sec_type: string
  expiry: string
  strike: string
  right: string
  currency: string
  local_symbol: string
  exchange: string
}

const says = (asked: string, known: string): boolean => asked === '' || asked === known

/** Contracts that fit what was asked. */
export const matching = (contracts: readonly SimContract[], asked: AskedContract): SimContract[] =>
  contracts.filter(known =>
    Number(asked.con_id) > 0
      ? known.con_id === Number(asked.con_id)
      : says(asked.symbol, known.symbol) &&
        says(asked.sec_type, known.sec_type) &&
        says(asked.currency, known.currency) &&
        says(asked.local_symbol, known.local_symbol) &&
        known.expiry.startsWith(asked.expiry) &&
        (Number(asked.strike) === 0 || Number(asked.strike) === Number(known.strike)) &&
        (asked.right === '' || asked.right === '?' || asked.right.startsWith(known.right)),
  )
