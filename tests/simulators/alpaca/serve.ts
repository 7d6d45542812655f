import { Decimal } from '../../../shared/domain/money/decimal.ts'
import type { Serve } from '../served.ts'
import { startSimulator } from './simulator.ts'
import { classOf, multiplierOf } from './world.ts'

const CASH = '1000000'

/** Alpaca for the demo: one account, whose orders fill at the simulated market's prices. */
export const serveAlpaca: Serve = async ({ broker, port, now, secret, prices, held }) => {
  const simulator = await startSimulator({ port, now })
  const [key_id = '', ...rest] = secret('simulated-alpaca').split(':')
  const account = simulator.openAccount({ key_id, secret: rest.join(':'), cash: CASH })
  for (const { instrument_id, quantity, avg_price } of held) {
    const symbol = broker.symbols[instrument_id]
    if (!symbol) continue
    const [qty, price] = [new Decimal(quantity), new Decimal(avg_price)]
    account.positions.set(symbol, { symbol, asset_class: classOf(symbol), qty, avg_entry_price: price })
    account.cash = account.cash.minus(qty.times(price).times(multiplierOf(symbol)))
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
