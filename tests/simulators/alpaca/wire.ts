import type { Decimal } from '../../../shared/domain/money/decimal.ts'
import { marketValue, multiplierOf, priceOf, type SimAccount, type SimOrder, type SimPosition, standing, type World } from './world.ts'

// The simulated venue's things in the words of Alpaca's documents.

const text = (value: Decimal | null): string | null => value?.toFixed() ?? null
const time = (value: Date | null): string | null => value?.toISOString() ?? null

export function orderBody(order: SimOrder, { nested }: { nested: boolean }): Record<string, unknown> {
  const { filled_qty, filled_value } = order
  return {
    id: order.id,
    client_order_id: order.client_order_id,
    created_at: time(order.created_at),
    updated_at: time(order.updated_at),
    submitted_at: time(order.created_at),
    filled_at: time(order.filled_at),
    expired_at: time(order.expired_at),
    canceled_at: time(order.canceled_at),
    failed_at: time(order.failed_at),
    replaced_at: time(order.replaced_at),
    replaced_by: order.replaced_by,
    replaces: order.replaces,
    asset_id: `asset-${order.symbol}`,
    symbol: order.symbol,
    asset_class: order.asset_class,
    notional: null,
    qty: order.qty.toFixed(),
    filled_qty: filled_qty.toFixed(),
    filled_avg_price: filled_qty.isZero() ? null : filled_value.div(filled_qty).toDecimalPlaces(6).toFixed(),
    order_class: order.order_class,
    order_type: order.type,
    type: order.type,
    side: order.side,
    position_intent: order.position_intent ?? `${order.side}_to_open`,
    time_in_force: order.time_in_force,
    limit_price: text(order.limit_price),
    stop_price: text(order.stop_price),
    status: order.status,
    extended_hours: order.extended_hours,
    legs: nested && order.legs.length > 0 ? order.legs.map(leg => orderBody(leg, { nested: false })) : null,
    trail_percent: text(order.trail_percent),
    trail_price: text(order.trail_price),
    hwm: text(order.hwm),
    subtag: null,
    source: null,
  }
}

export function accountBody(world: World, account: SimAccount): Record<string, unknown> {
  const now = standing(world, account)
  return {
    id: `account-${account.key_id}`,
    account_number: 'PA0000000000',
    status: 'ACTIVE',
    crypto_status: 'ACTIVE',
    currency: account.currency,
    buying_power: now.buying_power.toFixed(),
    regt_buying_power: now.buying_power.toFixed(),
    cash: account.cash.toFixed(),
    portfolio_value: now.equity.toFixed(),
    equity: now.equity.toFixed(),
    last_equity: now.equity.toFixed(),
    multiplier: String(account.multiplier),
    initial_margin: now.initial_margin.toFixed(),
    maintenance_margin: now.maintenance_margin.toFixed(),
    long_market_value: now.long_market_value.toFixed(),
    short_market_value: now.short_market_value.toFixed(),
    trading_blocked: account.blocked,
    transfers_blocked: false,
    account_blocked: account.blocked,
    pattern_day_trader: false,
    daytrade_count: 0,
    shorting_enabled: account.multiplier > 1,
    created_at: '2023-01-01T18:20:20.272275Z',
  }
}

export function positionBody(world: World, position: SimPosition): Record<string, unknown> {
  const { symbol, qty, avg_entry_price, asset_class } = position
  const cost_basis = qty.times(avg_entry_price).times(multiplierOf(symbol))
  const value = marketValue(world, position)
  return {
    asset_id: `asset-${symbol}`,
    // Positions name a pair without its slash.
    symbol: symbol.replace('/', ''),
    exchange: asset_class === 'crypto' ? 'CRYPTO' : 'NASDAQ',
    asset_class,
    avg_entry_price: avg_entry_price.toFixed(),
    qty: qty.toFixed(),
    side: qty.isNegative() ? 'short' : 'long',
    market_value: value.toFixed(),
    cost_basis: cost_basis.toFixed(),
    unrealized_pl: value.minus(cost_basis).toFixed(),
    current_price: priceOf(world, position).toFixed(),
    qty_available: qty.toFixed(),
  }
}
