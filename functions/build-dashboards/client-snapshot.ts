import {
  annualVolatility,
  cagr,
  type DayValue,
  dailyReturns,
  distribution,
  drawdowns,
  monthlyReturns,
  returnSince,
  sharpeRatio,
} from '../../shared/domain/performance/statistics.ts'
import { dayIn, timeOfDay } from '../../shared/domain/time/fund-calendar.ts'
import type { ClientSnapshot } from '../../shared/messages/dashboards.ts'
import { type FundState, fundStateOf } from '../../shared/store/accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { daysOf, rollEquity } from '../../shared/store/daily-rollups.ts'
import { type Fill, latestFills } from '../../shared/store/fills.ts'
import { fundConverter, type ToFund } from '../../shared/store/fund-currency.ts'
import { activeAllocation } from '../../shared/store/portfolio-allocations.ts'
import { countOpenPositions } from '../../shared/store/positions.ts'
import { readSettings } from '../../shared/store/settings.ts'
import type { Builder } from './builder.ts'

const TRADE_DAYS_MS = 7 * 86_400_000
const MOST_TRADES = 20
const BIN_PCT = 0.5

interface Moment {
  trading_mode: 'LIVE' | 'PAPER'
  at: Date
}

/** DSH-1: the fund as its clients and the public see it; null before the first sync. */
export async function buildClientSnapshot({ store, time_zone }: Builder, { trading_mode, at }: Moment): Promise<ClientSnapshot | null> {
  const state = await fundStateOf(store, trading_mode)
  if (!state) return null
  const today = dayIn(at, time_zone)
  const { total_equity: equity } = state
  await rollEquity(store, { fund_id: store.fund_id, trading_mode, day: today, equity_open: equity, equity_close: equity, updated_at: at })
  const [rollups, allocation, open, trades] = await Promise.all([
    daysOf(store, trading_mode),
    activeAllocation(store),
    countOpenPositions(store, trading_mode),
    recentTrades(store, { trading_mode, at }),
  ])
  const first = rollups[0]
  const days: DayValue[] = rollups.map(({ day, equity_close }) => ({ day, value: equity_close.toNumber() }))
  const opening = first && { day: `${first.day} open`, value: first.equity_open.toNumber() }
  const curve = opening ? [opening, ...days] : days
  const yesterday = rollups.at(-2)?.equity_close ?? rollups.at(-1)?.equity_open
  return {
    generated_at: at.toISOString(),
    paper: state.paper,
    fund: { ...fundFigures(state), daily_pnl: yesterday ? equity.minus(yesterday).toNumber() : null, num_open_positions: open },
    performance: performanceOf(curve, today),
    allocations: allocation?.allocations ?? {},
    recent_trades: trades,
    chart_data: chartsOf(days),
  }
}

const fundFigures = (state: FundState) => ({
  total_equity: state.total_equity.toNumber(),
  total_cash: state.total_cash.toNumber(),
  total_margin_used: state.total_margin_used.toNumber(),
  total_unrealized_pnl: state.total_unrealized_pnl.toNumber(),
  total_realized_pnl: state.total_realized_pnl.toNumber(),
  margin_utilization_pct: state.margin_utilization_pct.toNumber(),
  num_brokers: state.num_brokers,
  num_accounts: state.num_accounts,
})

const percent = (fraction: number | null): number | null => (fraction === null ? null : fraction * 100)

function performanceOf(curve: DayValue[], today: string): ClientSnapshot['performance'] {
  const returns = dailyReturns(curve).map(({ fraction }) => fraction)
  const deepest = Math.min(...drawdowns(curve).map(({ fraction }) => fraction))
  return {
    daily_return_pct: percent(returnSince(curve, today)),
    mtd_return_pct: percent(returnSince(curve, today.slice(0, 7))),
    ytd_return_pct: percent(returnSince(curve, today.slice(0, 4))),
    cagr_pct: percent(cagr(curve)),
    sharpe_ratio: sharpeRatio(returns),
    max_drawdown_pct: curve.length > 1 ? deepest * 100 : null,
    volatility_pct: percent(annualVolatility(returns)),
  }
}

const chartsOf = (days: DayValue[]): ClientSnapshot['chart_data'] => ({
  equity_curve: days.map(({ day, value }) => [day, value]),
  daily_returns: dailyReturns(days).map(({ day, fraction }) => [day, fraction * 100]),
  monthly_returns: monthlyReturns(days).map(({ month, fraction }) => [month, fraction * 100]),
  drawdown: drawdowns(days).map(({ day, fraction }) => [day, fraction * 100]),
  returns_distribution: distribution(
    dailyReturns(days).map(({ fraction }) => fraction),
    BIN_PCT,
  ),
})

async function recentTrades(store: Store, { trading_mode, at }: Moment): Promise<ClientSnapshot['recent_trades']> {
  const { public_trade_delay_s } = await readSettings(store)
  const until = new Date(at.getTime() - public_trade_delay_s * 1000)
  const found = await latestFills(store, { trading_mode, from: new Date(at.getTime() - TRADE_DAYS_MS), until, limit: MOST_TRADES })
  const toFund = await fundConverter(
    store,
    found.map(({ currency }) => currency),
  )
  return found.map(fill => tradeOf(fill, toFund))
}

const tradeOf = ({ time, symbol, action, quantity, price, realized_pnl, currency, is_exit, strategy_id }: Fill, toFund: ToFund) => ({
  date: time.toISOString().slice(0, 10),
  time: timeOfDay(time),
  symbol,
  side: action,
  quantity: quantity.toNumber(),
  price: price.toNumber(),
  pnl: is_exit && realized_pnl ? (toFund(realized_pnl, currency)?.toNumber() ?? null) : null,
  strategy: strategy_id,
})
