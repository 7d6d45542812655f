export interface BacktestFigures {
  /** Mean return of its trades, as a fraction of price; where per-trade results are known. */
  mean_trade_return?: number | null | undefined
  /** As a fraction of capital. */
  mean_return_daily: number
  /** Days that a trade is held in the mean; one where nobody says. */
  mean_holding_days?: number | null | undefined
}

/**
 * What a trade of a strategy earns in the mean (CER-5).
 * @param notional_per_capital notional that one unit of the backtest's capital carried, > 0
 * @returns as a fraction of price
 */
export const expectedAlpha = (
  { mean_trade_return, mean_return_daily, mean_holding_days }: BacktestFigures,
  notional_per_capital: number,
): number => mean_trade_return ?? (mean_return_daily * (mean_holding_days ?? 1)) / notional_per_capital
