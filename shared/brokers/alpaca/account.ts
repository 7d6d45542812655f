import { Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { AdapterDeps } from '../adapter.ts'
import type { Balance, BrokerPosition, Margin } from '../broker.ts'
import { instrumentOf } from './contract.ts'
import type { Line } from './line.ts'
import { account, positions, type WirePosition } from './wire.ts'

export const readAccount = (line: Line) => line.read('account', account, api => api.trading.account.getAccountRaw())

const readPositions = (line: Line) => line.read('positions', positions, api => api.trading.positions.getAllOpenPositionsRaw())

/** What is free is equity less initial margin; Alpaca's buying power is a multiple of it. Realized P&L it does not tell: ours is in the fills. */
export async function balance(line: Line): Promise<Balance> {
  const [{ equity, cash, initial_margin }, held] = await Promise.all([readAccount(line), readPositions(line)])
  return {
    account_id: line.place.account_id,
    equity,
    cash,
    margin_used: initial_margin,
    margin_available: Decimal.max(ZERO, equity.minus(initial_margin)),
    unrealized_pnl: sum(held.map(({ unrealized_pl }) => unrealized_pl ?? ZERO)),
    realized_pnl: ZERO,
  }
}

export async function margin(line: Line): Promise<Margin> {
  const { equity, initial_margin, maintenance_margin } = await readAccount(line)
  return {
    account_id: line.place.account_id,
    initial: initial_margin,
    maintenance: maintenance_margin,
    available: Decimal.max(ZERO, equity.minus(initial_margin)),
  }
}

export async function heldPositions(line: Line, deps: AdapterDeps): Promise<BrokerPosition[]> {
  const held = await readPositions(line)
  return Promise.all(held.map(position => positionOf(position, line, deps)))
}

async function positionOf(position: WirePosition, { place }: Line, deps: AdapterDeps): Promise<BrokerPosition> {
  const { symbol, qty, avg_entry_price, current_price, unrealized_pl } = position
  const side = position.side === 'short' || qty.isNegative() ? 'SHORT' : 'LONG'
  const named = await instrumentOf(symbol, deps)
  return {
    account_id: place.account_id,
    instrument_id: named.instrument_id,
    symbol: named.symbol,
    side,
    quantity: side === 'SHORT' ? qty.abs().negated() : qty.abs(),
    avg_price: avg_entry_price,
    current_price: current_price ?? avg_entry_price,
    unrealized_pnl: unrealized_pl ?? ZERO,
  }
}
