import { Decimal } from '../../../shared/domain/money/decimal.ts'
import type { Serve } from '../served.ts'
import { demoContracts } from './contracts.ts'
import { startSimulator } from './server.ts'

const CASH = 1_000_000

/** A gateway of Interactive Brokers for the demo: one account, whose orders fill at the simulated market's prices. */
export const serveIbkr: Serve = async ({ broker, port, now, prices, held }) => {
  const { account_id } = broker.account
  const simulator = await startSimulator({ port, now, accounts: [{ account_id, cash: CASH }] })
  const account = simulator.accounts.get(account_id)
  for (const { instrument_id, quantity, avg_price } of held) {
    const contract = demoContracts.find(each => each.local_symbol === broker.symbols[instrument_id])
    if (!contract || !account) continue
    const cost = new Decimal(avg_price).times(contract.multiplier || 1)
    account.positions.set(contract.con_id, { contract, quantity: Number(quantity), average_cost: cost.toNumber(), realized: 0 })
    account.cash -= cost.times(quantity).toNumber()
  }
  const tick = () => {
    for (const [instrument_id, symbol] of Object.entries(broker.symbols)) {
      const price = prices.get(instrument_id)
      if (price) simulator.price(symbol, price.bid, price.ask)
    }
  }
  tick()
  return { tick, stop: simulator.stop }
}
