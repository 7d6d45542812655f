import { Decimal, ZERO } from '../../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../../shared/messages/signal.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { backtest, strategyId } from './backtest.ts'

export interface FundPlan {
  strategies: number
  accounts: number
  /** Of each strategy's backtest. */
  days: number
  /** Percent of the fund's equity that each strategy has. */
  allocation_pct: number
  /** Whether each strategy holds something already. */
  holding: boolean
  /** Margin that accounts use already, in money, by account; none where it is not given. */
  margin_used?: Record<string, number>
  /** Other settings than the defaults. */
  settings?: Record<string, unknown>
  now: Date
}

const EQUITY = 1_000_000
const INSTRUMENTS = 50
const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS
const ACCOUNTS_A_BROKER = 4
const PRICE = 100
const LIMIT = 0.4

const accountId = (index: number) => `A${index}`
const instrumentId = (index: number) => `EQUITY:T${index % INSTRUMENTS}`
const decimal = (value: number) => new Decimal(value)

/** Puts a fund of paper accounts with a million each into an empty database; strategy S<i> trades EQUITY:T<i> at 100 on account A<i>. */
export async function putFund(store: Store, plan: FundPlan): Promise<void> {
  const put = async (name: string, documents: object[]) => {
    for (let at = 0; at < documents.length; at += 20) await store.db.collection(name).insertMany(documents.slice(at, at + 20))
  }
  const strategies = Array.from({ length: plan.strategies }, (_, index) => index)
  const accounts = Array.from({ length: plan.accounts }, (_, index) => index)
  const each = <T>(items: readonly number[], make: (index: number) => T) => items.map(make)
  await put('account_hierarchy', [hierarchy(store, accounts)])
  await put(
    'broker_accounts',
    each(accounts, index => reconciled(index, new Date(plan.now.getTime() + YEAR_MS))),
  )
  await put('settings', [settings(store, plan)])
  await put('margin_ledger', [ledger(store, plan, accounts)])
  await put(
    'account_current',
    each(accounts, index => accountState(index, plan)),
  )
  await put('instruments', each([...Array(INSTRUMENTS).keys()], instrument))
  // Far ahead, so that no quote grows old meanwhile.
  await put(
    'quotes',
    each([...Array(INSTRUMENTS).keys()], index => quote(index, new Date(plan.now.getTime() + DAY_MS))),
  )
  await put(
    'strategy_configurations',
    each(strategies, index => strategy(index, plan)),
  )
  await put(
    'strategy_backtest_data',
    each(strategies, index => backtest(index, plan)),
  )
  await put('portfolio_allocations', [allocation(strategies, plan)])
  if (plan.holding) {
    await put(
      'positions',
      each(strategies, index => position(index, plan)),
    )
  }
}

const hierarchy = ({ fund_id }: Store, accounts: readonly number[]) => ({
  _id: fund_id as never,
  fund_name: 'Fund',
  base_currency: 'USD',
  brokers: Array.from({ length: Math.ceil(accounts.length / ACCOUNTS_A_BROKER) }, (_, broker) => ({
    broker_id: `B${broker}`,
    broker_name: `Broker ${broker}`,
    adapter: 'paper',
    connection: {},
    accounts: accounts.slice(broker * ACCOUNTS_A_BROKER, (broker + 1) * ACCOUNTS_A_BROKER).map(index => ({
      account_id: accountId(index),
      account_type: 'MARGIN',
      currency: 'USD',
      status: 'ACTIVE',
      trading_mode: 'PAPER',
      description: '',
    })),
  })),
})

/** As the supervisor leaves an account in which all is well; far ahead, so that it does not grow old meanwhile. */
const reconciled = (index: number, reconciled_at: Date) => ({
  account_id: accountId(index),
  broker_id: `B${Math.floor(index / ACCOUNTS_A_BROKER)}`,
  status: 'CONNECTED',
  reconciled: true,
  reconciled_at,
  executions_since: null,
  adopted: true,
  suspects: [],
  updated_at: reconciled_at,
})

const settings = ({ fund_id }: Store, plan: FundPlan) => ({
  fund_id,
  kill_switch: { fund: 'ACTIVE', accounts: {}, strategies: {} },
  margin_limit_pct: decimal(100 * LIMIT),
  test_allocation_pct: decimal(5),
  public_trade_delay_s: 0,
  ...plan.settings,
})

function ledger({ fund_id }: Store, { margin_used = {}, now }: FundPlan, accounts: readonly number[]) {
  const used = accounts.map(index => margin_used[accountId(index)] ?? 0)
  const total = used.reduce((sum, one) => sum + one, 0)
  const pools = accounts.map(index => {
    const own = decimal(used[index] ?? 0)
    return [
      accountId(index),
      { free: decimal(EQUITY * LIMIT).minus(own), cash: ZERO, equity: decimal(EQUITY), margin_used: own, as_of: now },
    ]
  })
  const equity = EQUITY * accounts.length
  return {
    fund_id,
    trading_mode: 'PAPER',
    version: 1,
    fund: { free: decimal(equity * LIMIT - total), equity: decimal(equity), margin_used: decimal(total) },
    accounts: Object.fromEntries(pools),
    reservations: [],
  }
}

const accountState = (index: number, { now }: FundPlan) => ({
  account_id: accountId(index),
  broker_id: `B${Math.floor(index / ACCOUNTS_A_BROKER)}`,
  timestamp: now,
  currency: 'USD',
  equity: decimal(EQUITY),
  cash_balance: decimal(EQUITY),
  margin_used: ZERO,
  margin_available: decimal(EQUITY),
  unrealized_pnl: ZERO,
  realized_pnl: ZERO,
  open_positions: [],
  open_orders: [],
})

const named = (index: number) => ({
  symbol: `T${index % INSTRUMENTS}`,
  asset_class: 'EQUITY',
  exchange: null,
  currency: 'USD',
  expiry: null,
  strike: null,
  right: null,
  multiplier: decimal(1),
})

const instrument = (index: number) => ({
  ...named(index),
  instrument_id: instrumentId(index),
  name: `T${index}`,
  lot: decimal(1),
  tick: decimal(0.01),
  margin_per_lot: null,
  margin_pct: decimal(25),
  calendar: 'XNYS',
  broker_symbols: {},
  continuous_of: null,
})

const quote = (index: number, as_of: Date) => ({
  instrument_id: instrumentId(index),
  bid: decimal(PRICE),
  ask: decimal(PRICE),
  last: decimal(PRICE),
  as_of,
  source: 'test',
})

const strategy = (index: number, { accounts, now }: FundPlan) => ({
  strategy_id: strategyId(index),
  strategy_name: `Strategy ${index}`,
  status: 'ACTIVE',
  trading_mode: 'PAPER',
  account: null,
  paper_account: accountId(index % accounts),
  notional_per_capital: decimal(1),
  include_in_optimization: true,
  risk_limits: { max_position_size: null, max_daily_loss: null },
  default_instrument: null,
  backtest_source: null,
  sender_id: null,
  developer_contact: null,
  signal_format: null,
  max_signal_age: 3_600,
  sizing: 'full',
  emulate_stops: false,
  notes: '',
  passphrase_hashes: [],
  api_key_hashes: [],
  created_at: now,
  updated_at: now,
  version: 1,
})

const allocation = (strategies: readonly number[], { allocation_pct, now }: FundPlan) => ({
  allocation_id: 'measured',
  timestamp: now,
  allocations: Object.fromEntries(strategies.map(index => [strategyId(index), allocation_pct])),
  status: 'ACTIVE',
  source: 'test',
  metrics: {},
  approved_by: null,
  approved_at: now,
})

const position = (index: number, { accounts, now }: FundPlan) => ({
  account_id: accountId(index % accounts),
  strategy_id: strategyId(index),
  instrument_id: instrumentId(index + 1),
  instrument: named(index + 1),
  broker_id: `B${Math.floor((index % accounts) / ACCOUNTS_A_BROKER)}`,
  trading_mode: 'PAPER',
  status: 'OPEN',
  quantity: decimal(10),
  cost: decimal(10 * PRICE),
  avg_price: decimal(PRICE),
  realized_pnl: ZERO,
  fees: ZERO,
  lots: [],
  closing: [],
  pending_fills: [],
  current_price: decimal(PRICE),
  unrealized_pnl: ZERO,
  unrealized_pnl_fund: ZERO,
  opened_at: now,
  updated_at: now,
  version: 1,
})

/** Lets everything that was reserved go, as if each order had ended. */
export async function freeMargin(store: Store, plan: FundPlan): Promise<void> {
  const all = Array.from({ length: plan.accounts }, (_, index) => index)
  const { fund, accounts, reservations } = ledger(store, plan, all)
  await store.db.collection('margin_ledger').updateOne({ fund_id: store.fund_id }, { $set: { fund, accounts, reservations } })
}

/** A signal to BUY what a strategy trades. */
export const buySignal = (index: number, sequence: number, received_at: Date): StandardizedSignal => ({
  signal_id: `${strategyId(index)}_20260302_150000_${String(sequence).padStart(3, '0')}`,
  strategy_id: strategyId(index),
  sender_signal_id: null,
  environment: 'staging',
  source: 'house',
  sent_at: received_at,
  received_at,
  latency_ms: 0,
  legs: [
    {
      instrument_id: instrumentId(index),
      instrument: named(index) as StandardizedSignal['legs'][number]['instrument'],
      quote_at_receipt: { bid: decimal(PRICE), ask: decimal(PRICE), as_of: received_at },
      signal_type: 'ENTRY',
      action: 'BUY',
      requested_quantity: null,
      order_type: 'MARKET',
      price: null,
      limit_price: null,
      stop_price: null,
      stop_loss: null,
      take_profit: null,
      trail_pct: null,
      time_in_force: 'DAY',
      expires_at: null,
    },
  ],
  position_after: null,
})
