import type { DemoStrategyPlan } from '../demo/strategies.ts'

/** Plain data without imports but types: the runner, which stays small, reads it too. */
export interface SimulatedBroker {
  /** Its simulator is in `tests/simulators/<name>`. */
  name: string
  broker_id: string
  broker_name: string
  adapter: 'ibkr' | 'ccxt' | 'alpaca' | 'zerodha'
  account: { account_id: string; account_type: 'MARGIN' | 'FUTURES' | 'CRYPTO'; currency: string; description: string }
  /** Secrets by name, made for each data directory from a text that nobody guesses. */
  secrets: Readonly<Record<string, (random: () => string) => string>>
  /** Settings of the hierarchy for a simulator at an address. */
  connection(address: { host: string; port: number }): Record<string, unknown>
  /** Whose signals reach it. */
  strategy: Omit<DemoStrategyPlan, 'account_id'>
  /** What trades there, by instrument id: the venue's symbol. */
  symbols: Readonly<Record<string, string>>
}

const url = ({ host, port }: { host: string; port: number }) => `http://${host}:${port}`

/** The brokers that `npm start -- --brokers simulated` adds to the demo fund, in the order of their ports. */
export const simulatedBrokers: readonly SimulatedBroker[] = [
  {
    name: 'alpaca',
    broker_id: 'Alpaca_Simulated',
    broker_name: 'Alpaca (simulated)',
    adapter: 'alpaca',
    account: { account_id: 'Sim_Alpaca', account_type: 'MARGIN', currency: 'USD', description: 'Shares at a simulated Alpaca' },
    secrets: { 'simulated-alpaca': random => `PKSIMULATED:${random()}` },
    connection: address => ({ base_url: url(address), secret: 'simulated-alpaca', requests_per_minute: 1_000 }),
    strategy: {
      strategy_id: 'Alpaca_MSFT',
      strategy_name: 'Microsoft at a simulated Alpaca',
      ticker: 'MSFT',
      asset_class: 'EQUITY',
      allocation_pct: 5,
      notional_per_capital: '1',
      mean_return: 0.0007,
      volatility: 0.01,
    },
    symbols: { 'EQUITY:AAPL': 'AAPL', 'EQUITY:MSFT': 'MSFT', 'EQUITY:SPY': 'SPY', 'OPTION:AAPL301220C00250000': 'AAPL301220C00250000' },
  },
  {
    name: 'binance',
    broker_id: 'Binance_Simulated',
    broker_name: 'Binance spot (simulated)',
    adapter: 'ccxt',
    account: { account_id: 'Sim_Binance', account_type: 'CRYPTO', currency: 'USDT', description: 'Coins at a simulated Binance' },
    secrets: { 'simulated-binance-key': random => random(), 'simulated-binance-secret': random => random() },
    connection: address => ({
      exchange: 'binance',
      url: url(address),
      api_key: 'simulated-binance-key',
      secret: 'simulated-binance-secret',
    }),
    strategy: {
      strategy_id: 'Binance_ETH',
      strategy_name: 'Ether at a simulated Binance',
      ticker: 'ETHUSDT',
      asset_class: 'CRYPTO',
      allocation_pct: 5,
      notional_per_capital: '1',
      mean_return: 0.0012,
      volatility: 0.022,
    },
    symbols: { 'CRYPTO:ETHUSDT': 'ETHUSDT', 'CRYPTO:BTCUSDT': 'BTCUSDT' },
  },
  {
    name: 'binanceusdm',
    broker_id: 'Binance_Futures_Simulated',
    broker_name: 'Binance USD-M (simulated)',
    adapter: 'ccxt',
    account: {
      account_id: 'Sim_Binance_Futures',
      account_type: 'FUTURES',
      currency: 'USDT',
      description: 'Perpetuals at a simulated Binance',
    },
    secrets: { 'simulated-binanceusdm-key': random => random(), 'simulated-binanceusdm-secret': random => random() },
    connection: address => ({
      exchange: 'binanceusdm',
      url: url(address),
      api_key: 'simulated-binanceusdm-key',
      secret: 'simulated-binanceusdm-secret',
      paced: false,
    }),
    strategy: {
      strategy_id: 'Binance_BTC_Perpetual',
      strategy_name: 'Bitcoin perpetual at a simulated Binance',
      ticker: 'BTCUSDT.P',
      asset_class: 'FUTURE',
      allocation_pct: 5,
      notional_per_capital: '1',
      mean_return: 0.0013,
      volatility: 0.021,
    },
    symbols: { 'FUTURE:BTCUSDT.P': 'BTCUSDT' },
  },
  {
    name: 'zerodha',
    broker_id: 'Zerodha_Simulated',
    broker_name: 'Zerodha (simulated)',
    adapter: 'zerodha',
    account: { account_id: 'Sim_Zerodha', account_type: 'MARGIN', currency: 'INR', description: 'Indian shares at a simulated Zerodha' },
    secrets: { 'simulated-zerodha': random => `${random()}:${random()}` },
    connection: address => ({ base_url: url(address), secret: 'simulated-zerodha' }),
    strategy: {
      strategy_id: 'Zerodha_RELIANCE',
      strategy_name: 'Reliance at a simulated Zerodha',
      ticker: 'RELIANCE',
      asset_class: 'EQUITY',
      allocation_pct: 5,
      notional_per_capital: '1',
      mean_return: 0.0008,
      volatility: 0.013,
    },
    symbols: { 'EQUITY:RELIANCE': 'NSE:RELIANCE' },
  },
  {
    name: 'ibkr',
    broker_id: 'IBKR_Simulated',
    broker_name: 'Interactive Brokers (simulated)',
    adapter: 'ibkr',
    account: { account_id: 'Sim_IBKR', account_type: 'MARGIN', currency: 'USD', description: 'Shares at a simulated TWS' },
    secrets: {},
    connection: ({ host, port }) => ({ host, port }),
    strategy: {
      strategy_id: 'IBKR_SPY',
      strategy_name: 'S&P 500 at a simulated TWS',
      ticker: 'SPY',
      asset_class: 'EQUITY',
      allocation_pct: 5,
      notional_per_capital: '1',
      mean_return: 0.0006,
      volatility: 0.008,
    },
    symbols: { 'EQUITY:SPY': 'SPY', 'EQUITY:AAPL': 'AAPL', 'EQUITY:MSFT': 'MSFT' },
  },
]

export const simulatedStrategies: readonly DemoStrategyPlan[] = simulatedBrokers.map(({ strategy, account }) => ({
  ...strategy,
  account_id: account.account_id,
}))

/** The ports of the simulators follow one another. */
export const addressOf = (name: string, firstPort: number): { host: string; port: number } => ({
  host: '127.0.0.1',
  port: firstPort + simulatedBrokers.findIndex(each => each.name === name),
})
