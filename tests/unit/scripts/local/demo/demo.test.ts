import { describe, expect, it } from 'vitest'
import { backtestOf, maxDrawdown } from '../../../../../scripts/local/demo/backtests.ts'
import { demoFund } from '../../../../../scripts/local/demo/fund.ts'
import { demoInstruments } from '../../../../../scripts/local/demo/instruments.ts'
import { demoStrategies } from '../../../../../scripts/local/demo/strategies.ts'
import { walks } from '../../../../../scripts/local/market/walks.ts'
import { assetClass, instrument } from '../../../../../shared/messages/instrument.ts'
import { accountsOf } from '../../../../../shared/store/account-hierarchy.ts'

const accounts = accountsOf(demoFund('fund')).map(({ account }) => account.account_id)
const traded = ({ ticker, asset_class }: (typeof demoStrategies)[number]) =>
  demoInstruments.find(each => each.asset_class === asset_class && [each.symbol, each.continuous_of].includes(ticker))

describe('demo data', () => {
  it('has an instrument of every asset class, each as the schema wants it and with a simulated price', () => {
    const parsed = demoInstruments.map(each => instrument.parse(each))
    expect(new Set(parsed.map(({ asset_class }) => asset_class))).toEqual(new Set(assetClass.options))
    expect(Object.keys(walks).sort()).toEqual(parsed.map(({ instrument_id }) => instrument_id).sort())
  })

  it('has strategies on accounts and instruments that are there', () => {
    for (const strategy of demoStrategies) {
      expect(accounts).toContain(strategy.account_id)
      expect(traded(strategy)).toBeDefined()
    }
  })

  it('buys several lots for each strategy and stays well under the margin limit', () => {
    const equity = 4_000_000
    let margin = 0
    for (const strategy of demoStrategies) {
      const { lot, multiplier, margin_per_lot, margin_pct, instrument_id } = instrument.parse(traded(strategy))
      const capital = (equity * strategy.allocation_pct) / 100
      const notional = capital * Number(strategy.notional_per_capital)
      const lots = Math.floor(notional / ((walks[instrument_id]?.start ?? 0) * Number(multiplier) * Number(lot)))
      expect(lots).toBeGreaterThanOrEqual(5)
      margin += margin_per_lot ? lots * Number(margin_per_lot) : (notional * Number(margin_pct ?? 0)) / 100
    }
    expect(margin / equity).toBeLessThan(0.15)
  })
})

describe('synthetic backtest', () => {
  it('is the same every time', () => {
    const [plan] = demoStrategies
    expect(plan && backtestOf(plan)).toEqual(plan && backtestOf(plan))
  })

  it('has two years of weekdays and figures near those it was made from', () => {
    for (const plan of demoStrategies) {
      const { dates, daily_returns, mean_return_daily, volatility_daily, win_rate, sharpe_ratio } = backtestOf(plan)
      expect([dates.length, daily_returns.length]).toEqual([522, 522])
      expect(Math.abs(mean_return_daily - plan.mean_return)).toBeLessThan((4 * plan.volatility) / Math.sqrt(522))
      expect(volatility_daily / plan.volatility).toBeGreaterThan(0.85)
      expect(volatility_daily / plan.volatility).toBeLessThan(1.15)
      expect(win_rate).toBeGreaterThan(0.4)
      expect(sharpe_ratio).toBeGreaterThan(0)
    }
  })

  // 1 → 1.1 → 0.88 → 0.968 → 0.7744: from the peak 1.1 down to 0.7744 is −29.6 %.
  it('measures the deepest fall from a peak', () => {
    expect(maxDrawdown([0.1, -0.2, 0.1, -0.2])).toBeCloseTo(-0.296, 12)
    expect(maxDrawdown([0.1, 0.2])).toBe(0)
  })
})
