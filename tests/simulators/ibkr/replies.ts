import type { SimContract } from './contracts.ts'
import type { Fields } from './framing.ts'
import type { SimExecution, SimOrder } from './state.ts'

// Messages to the client, in the order of fields of each version of the protocol.

/** How Java writes a double that is not set. */
const UNSET = '1.7976931348623157E308'
const UNSET_INT = '2147483647'
const unset = (count: number): string[] => Array.from({ length: count }, () => UNSET)
const empty = (count: number): string[] => Array.from({ length: count }, () => '')

export interface Margins {
  init_before: string
  init_after: string
  maintenance_before: string
  maintenance_after: string
  commission: string
}

const contractFields = (contract: SimContract, exchange = contract.exchange): Fields => [
  ...[contract.con_id, contract.symbol, contract.sec_type, contract.expiry, contract.strike || '0', contract.right || '?'],
  ...[contract.multiplier, exchange, contract.currency, contract.local_symbol, contract.trading_class],
]

const priceOrZero = (text: string) => text || '0.0'

export function openOrder(order: SimOrder, version: number, what_if: Margins | null = null): Fields {
  const { order_id, client_id, perm_id, contract, status } = order
  const margins: Fields = what_if
    ? [
        ...[what_if.init_before, what_if.maintenance_before, UNSET, UNSET, UNSET, UNSET],
        ...[what_if.init_after, what_if.maintenance_after, UNSET, what_if.commission, '', '', 'USD', ''],
      ]
    : [...unset(9), ...empty(5)]
  return [
    ...[5, order_id, ...contractFields(contract), order.action, order.quantity, order.order_type],
    ...[priceOrZero(order.limit), priceOrZero(order.aux), order.tif, order.oca_group, order.account, '', 0, order.order_ref],
    // client, permanent id, outside hours, hidden, discretionary, good after, shares allocation
    ...[client_id, perm_id, 0, 0, 0, '', `${perm_id}.0/${order.account}/100`],
    // advisor's group, method, percentage and, formerly, profile; model
    ...empty(version < 177 ? 4 : 3),
    '',
    // good till, rule 80A, percent offset, settling firm, short sale slot, location, exempt code, auction strategy
    ...[order.good_till, '', '', '', 0, '', -1, 0],
    // starting, reference, delta, range; display, block, sweep, all or none, minimum
    ...[...empty(5), UNSET_INT, 0, 0, 0, ''],
    // OCA type, e-trade, firm quote, price cap, parent, trigger method
    ...[order.oca_type || 3, 0, 0, '', order.parent_id, 0],
    // volatility, its type; delta neutral type, price, contract, settling, clearing, open or close, short sale; continuous, reference price
    ...['', 0, 'None', '', 0, '', '', '', '?', 0, 0, '', 0, 0],
    // trail stop, trail percent, basis points, their type, legs
    ...[order.trail_stop, order.trail_percent, '', '', '', 0, 0],
    // combo routing, scale sizes and increment, hedge, opt out, clearing account and intent, not held, delta neutral, algorithm, solicited
    ...[0, UNSET_INT, UNSET_INT, '', '', 0, '', 'IB', 0, 0, '', 0],
    ...[what_if !== null, status, ...margins],
    // randomize size and price, conditions, adjusted type, trigger price, trail stop, limit offset, adjusted prices, trailing unit
    ...[0, 0, 0, 'None', UNSET, order.trail_stop || UNSET, ...unset(4), 0],
    // soft dollar tier, cash, hedge price, container, discretionary up to limit, price management, duration, post to ATS, cancels parent
    ...['', '', '', 0, 1, 0, 0, 0, 0, UNSET_INT, 0],
    ...(version >= 170 ? [UNSET_INT, UNSET_INT, UNSET, UNSET, UNSET] : []),
    ...(version >= 183 ? [''] : []),
    ...(version >= 184 ? [0] : []),
    ...(version >= 185 ? [''] : []),
    ...(version >= 189 ? [0] : []),
    ...(version >= 193 ? ['', UNSET_INT] : []),
  ]
}

export function completedOrder(order: SimOrder, version: number): Fields {
  return [
    // what is left of it
    ...[101, ...contractFields(order.contract), order.action, order.status === 'Filled' ? 0 : order.quantity, order.order_type],
    ...[priceOrZero(order.limit), priceOrZero(order.aux), order.tif, order.oca_group, order.account, '', 0, order.order_ref],
    // permanent id, outside hours, hidden, discretionary, good after; advisor's; model
    ...[order.perm_id, 0, 0, 0, '', ...empty(version < 177 ? 4 : 3), ''],
    // good till, rule 80A, percent offset, settling firm, short sale slot, location, exempt code
    ...[order.good_till, '', '', '', 0, '', -1],
    // starting, reference, delta, range; display, sweep, all or none, minimum, OCA type, trigger method
    ...[...empty(5), UNSET_INT, 0, 0, '', order.oca_type || 3, 0],
    // volatility, its type; delta neutral type, price, contract, short sale; continuous, reference price, trail stop, trail percent, legs
    ...['', 0, 'None', '', 0, 0, 0, '', 0, 0, order.trail_stop, order.trail_percent, '', 0, 0],
    // combo routing, scale, hedge, clearing, not held, delta neutral, algorithm, solicited, status
    ...[0, UNSET_INT, UNSET_INT, '', '', '', 'IB', 0, 0, '', 0, order.status],
    // randomize, conditions, trail stop, limit offset, cash, hedge price, container, cancel date
    ...[0, 0, 0, order.trail_stop || UNSET, UNSET, '', 1, 0, ''],
    // filled, futures contract, cancels parent, shareholder, imbalance, route, parent's permanent id, completed time and status
    ...[order.filled, 0, 0, 'Not an insider or substantial shareholder', 0, 0, order.parent_perm_id],
    ...[order.completed_at, order.completed_status],
    ...(version >= 170 ? [UNSET_INT, UNSET_INT, UNSET, UNSET, UNSET] : []),
    ...(version >= 183 ? [''] : []),
    ...(version >= 184 ? [0] : []),
  ]
}

export const orderStatus = (order: SimOrder): Fields => {
  const remaining = String(Number((Number(order.quantity) - Number(order.filled)).toFixed(8)))
  const { order_id, status, filled, avg_price, perm_id, parent_id, last_price, client_id, why_held } = order
  return [3, order_id, status, filled, remaining, avg_price, perm_id, parent_id, last_price, client_id, why_held, 0]
}

export const execution = (req_id: number, { order, ...told }: SimExecution, version: number): Fields => [
  ...[11, req_id, order.order_id, order.contract.con_id, order.contract.symbol, order.contract.sec_type, order.contract.expiry],
  ...[order.contract.strike || '0.0', order.contract.right, order.contract.multiplier, told.exchange, order.contract.currency],
  ...[order.contract.local_symbol, order.contract.trading_class, told.exec_id, told.time, order.account, told.exchange],
  ...[order.action === 'BUY' ? 'BOT' : 'SLD', told.shares, told.price, order.perm_id, order.client_id, 0, told.cumulative, told.average],
  ...[order.order_ref, '', '', '', 2],
  ...(version >= 178 ? [0] : []),
]

export const commission = ({ exec_id, commission: amount, order }: SimExecution): Fields => [
  59,
  1,
  exec_id,
  amount,
  order.contract.sec_type === 'CASH' ? 'USD' : order.contract.currency,
  UNSET,
  UNSET,
  '',
]

export const error = (id: number, { code, message, json = '' }: { code: number; message: string; json?: string }): Fields => [
  4,
  2,
  id,
  code,
  message,
  json,
]

export const position = (account: string, contract: SimContract, held: { quantity: string; average_cost: string }): Fields => [
  ...[61, 3, account, contract.con_id, contract.symbol, contract.sec_type, contract.expiry, contract.strike || '0.0', contract.right],
  ...[contract.multiplier, '', contract.currency, contract.local_symbol, contract.trading_class, held.quantity, held.average_cost],
]

interface Held {
  quantity: string
  price: string
  value: string
  average_cost: string
  unrealized: string
  realized: string
}

export const portfolioValue = (account: string, contract: SimContract, held: Held): Fields => [
  ...[7, 8, contract.con_id, contract.symbol, contract.sec_type, contract.expiry, contract.strike || '0.0', contract.right || '0'],
  ...[contract.multiplier, contract.primary_exchange, contract.currency, contract.local_symbol, contract.trading_class],
  ...[held.quantity, held.price, held.value, held.average_cost, held.unrealized, held.realized, account],
]

export const contractDetails = (req_id: number, contract: SimContract, version: number): Fields => [
  ...[10, req_id, contract.symbol, contract.sec_type, contract.expiry],
  ...(version >= 182 ? [''] : []),
  ...[contract.strike || '0', contract.right, contract.exchange, contract.currency, contract.local_symbol, contract.symbol],
  ...[contract.trading_class, contract.con_id, contract.min_tick, contract.multiplier, 'ACTIVETIM,LMT,MKT,STP', 'SMART'],
  // price magnifier, underlying, name, primary exchange, month, industry, category, subcategory
  ...[1, 0, contract.symbol, contract.primary_exchange, contract.expiry.slice(0, 6), '', '', ''],
  // trading hours are wider than liquid ones
  ...[contract.time_zone, contract.liquid_hours, contract.liquid_hours, '', '0', 0, 1, '', '', '26', ''],
  ...[contract.sec_type === 'STK' ? 'COMMON' : '', '0.0001', '0.0001', '100'],
  ...(version >= 186 ? [0] : []),
]

const DAY_MS = 86_400_000

/** Four days of the past and today's: each closed a hundredth above the one before. */
export const dailyBars = (req_id: number, { today, close }: { today: Date; close: string }): Fields => {
  const days = [4, 3, 2, 1, 0].map(ago => new Date(today.getTime() - ago * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''))
  const bars = days.flatMap((day, index) => {
    const price = (Number(close) - (4 - index) / 100).toFixed(2)
    return [day, price, price, price, price, '1000', price, 10]
  })
  return [17, req_id, `${days[0]} 00:00:00`, `${days.at(-1)} 00:00:00`, days.length, ...bars]
}
