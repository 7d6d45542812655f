import type { Serve } from '../served.ts'
import { startSimulator } from './server.ts'

const CASH = 1_000_000

/** A gateway of Interactive Brokers for the demo: one account, whose orders fill at the simulated market's prices. */
export const serveIbkr: Serve = async ({ broker, port, now, prices, held }) => {
  const { account_id } = broker.account
  // Numbers go on from where an earlier start cannot have come: what was booked then must not be told again for something else.
  const simulator = await startSimulator({
    port,
    now,
    accounts: [{ account_id, cash: CASH }],
    firstNumber: Math.floor(now().getTime() / 1000),
  })
  const account = simulator.accounts.get(account_id)
  for (const { instrument_id, quantity, avg_price } of held) {
    const contract = simulator.contractOf(broker.symbols[instrument_id] ?? '')
    if (!contract || !account) continue
    const cost = Number(avg_price) * Number(contract.multiplier || '1')
    account.positions.set(contract.con_id, { contract, quantity: Number(quantity), average_cost: cost, realized: 0 })
    if (contract.sec_type !== 'FUT') account.cash -= Number(quantity) * cost
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
