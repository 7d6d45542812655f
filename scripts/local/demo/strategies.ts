/** Plain data without imports: the runner, which stays small, reads it too. */
export interface DemoStrategyPlan {
  strategy_id: string
  strategy_name: string
  /** As its sender writes it. */
  ticker: string
  asset_class: 'EQUITY' | 'FUTURE' | 'FOREX' | 'CRYPTO'
  account_id: string
  /** Percent of the fund's equity. */
  allocation_pct: number
  /** Notional that one unit of its backtest's equity carried. */
  notional_per_capital: string
  /** Of its synthetic backtest, a day: fractions. */
  mean_return: number
  volatility: number
}

/** At these weights the five take about a tenth of the fund's equity as margin. */
export const demoStrategies: readonly DemoStrategyPlan[] = [
  {
    strategy_id: 'Forex',
    strategy_name: 'AUDCAD mean reversion',
    ticker: 'AUDCAD',
    asset_class: 'FOREX',
    account_id: 'IBKR_Main',
    allocation_pct: 10,
    notional_per_capital: '1',
    mean_return: 0.0005,
    volatility: 0.0045,
  },
  {
    strategy_id: 'ES_Futures',
    strategy_name: 'E-mini S&P 500 trend',
    ticker: 'ES1!',
    asset_class: 'FUTURE',
    account_id: 'IBKR_Futures',
    allocation_pct: 15,
    notional_per_capital: '3',
    mean_return: 0.0012,
    volatility: 0.014,
  },
  {
    strategy_id: 'AAPL_Equity',
    strategy_name: 'Apple momentum',
    ticker: 'AAPL',
    asset_class: 'EQUITY',
    account_id: 'ALPACA_Main',
    allocation_pct: 10,
    notional_per_capital: '1',
    mean_return: 0.0008,
    volatility: 0.011,
  },
  {
    strategy_id: 'BTC_Crypto',
    strategy_name: 'Bitcoin breakout',
    ticker: 'BTCUSDT',
    asset_class: 'CRYPTO',
    account_id: 'Binance_Main',
    allocation_pct: 10,
    notional_per_capital: '1',
    mean_return: 0.0014,
    volatility: 0.021,
  },
  {
    strategy_id: 'SPY_Equity',
    strategy_name: 'S&P 500 overnight',
    ticker: 'SPY',
    asset_class: 'EQUITY',
    account_id: 'IBKR_Main',
    allocation_pct: 15,
    notional_per_capital: '1',
    mean_return: 0.0006,
    volatility: 0.007,
  },
]
