import type { SimContract } from './contracts.ts'
import { type Market, type SimAccount, type SimExecution, type SimPosition, text } from './state.ts'

const multiplierOf = ({ multiplier }: SimContract): number => Number(multiplier || '1')

export const accountNamed = (account_id: string, cash: number): SimAccount => ({
  account_id,
  currency: 'USD',
  cash,
  positions: new Map(),
})

/** Books an execution: cash, and the position at its average cost. */
export function bookExecution(account: SimAccount, { order: { contract, action }, shares, price, commission }: SimExecution): void {
  const signed = action === 'BUY' ? Number(shares) : -Number(shares)
  const each = Number(price) * multiplierOf(contract)
  account.cash -= Number(commission)
  // Futures are margined: no money changes hands for what they are worth.
  if (contract.sec_type !== 'FUT') account.cash -= signed * each
  const held: SimPosition = account.positions.get(contract.con_id) ?? { contract, quantity: 0, average_cost: 0, realized: 0 }
  const after = held.quantity + signed
  const adds = held.quantity === 0 || Math.sign(held.quantity) === Math.sign(signed)
  if (adds) held.average_cost = (held.average_cost * Math.abs(held.quantity) + each * Math.abs(signed)) / Math.abs(after)
  else {
    const closed = Math.min(Math.abs(signed), Math.abs(held.quantity))
    held.realized += (each - held.average_cost) * closed * Math.sign(held.quantity)
    if (Math.abs(signed) > Math.abs(held.quantity)) held.average_cost = each
  }
  held.quantity = Number(after.toFixed(8))
  account.positions.set(contract.con_id, held)
}

type MarketOf = (contract: SimContract) => Market | null

export function valued(position: SimPosition, marketOf: MarketOf) {
  const { contract, quantity, average_cost, realized } = position
  const price = Number(marketOf(contract)?.last ?? average_cost / multiplierOf(contract))
  const each = price * multiplierOf(contract)
  return {
    quantity: text(quantity),
    price: text(price),
    value: text(each * quantity),
    average_cost: text(average_cost),
    unrealized: text((each - average_cost) * quantity),
    realized: text(realized),
  }
}

/** A quarter of what shares are worth, a tenth of anything else. */
export const marginOf = ({ contract, quantity }: Pick<SimPosition, 'contract' | 'quantity'>, marketOf: MarketOf): number =>
  Math.abs(quantity) * Number(marketOf(contract)?.last ?? '0') * multiplierOf(contract) * (contract.sec_type === 'STK' ? 0.25 : 0.1)

/** Values of the account summary by tag. */
export function summaryOf(account: SimAccount, marketOf: MarketOf): Record<string, string> {
  const held = [...account.positions.values()]
  const values = held.map(position => valued(position, marketOf))
  const worth = held.reduce((sum, { contract }, at) => {
    const value = values[at]
    return sum + Number((contract.sec_type === 'FUT' ? value?.unrealized : value?.value) ?? 0)
  }, 0)
  const equity = account.cash + worth
  const margin = held.reduce((sum, position) => sum + marginOf(position, marketOf), 0)
  return {
    NetLiquidation: text(equity),
    TotalCashValue: text(account.cash),
    InitMarginReq: text(margin),
    MaintMarginReq: text(margin * 0.8),
    AvailableFunds: text(equity - margin),
    ExcessLiquidity: text(equity - margin * 0.8),
    UnrealizedPnL: text(values.reduce((sum, { unrealized }) => sum + Number(unrealized), 0)),
    RealizedPnL: text(values.reduce((sum, { realized }) => sum + Number(realized), 0)),
  }
}
