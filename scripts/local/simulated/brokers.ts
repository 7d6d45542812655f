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
