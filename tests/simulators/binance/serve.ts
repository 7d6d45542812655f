import { Decimal } from '../../../shared/domain/money/decimal.ts'
import type { Serve } from '../served.ts'
import { startSimulator } from './start.ts'

const CASH = '1000000'

/** Binance for the demo, spot or USD-M: one account, whose orders fill at the simulated market's prices. */
const serve =
  (market: 'spot' | 'contracts'): Serve =>
  async ({ broker, port, now, secret, prices, held }) => {
    const [key = '', signature = ''] = Object.keys(broker.secrets)
    const keys = { name: broker.name, api_key: secret(key), secret: secret(signature) }
    const bought = held.flatMap(({ instrument_id, quantity, avg_price }) => {
      const symbol = broker.symbols[instrument_id]
      return symbol ? [{ symbol, quantity: new Decimal(quantity), price: new Decimal(avg_price) }] : []
    })
    const spent = bought.reduce((total, { quantity, price }) => total.plus(quantity.times(price)), new Decimal(0))
    const coins = Object.fromEntries(bought.map(({ symbol, quantity }) => [symbol.replace(/USDT$/, ''), quantity.toFixed()]))
    const spot = { USDT: new Decimal(CASH).minus(spent).toFixed(), ...coins }
    // No number of an earlier start is given again.
    const firstNumber = Math.floor(now().getTime() / 1000)
    const simulator = await startSimulator({ port, firstNumber, accounts: [{ ...keys, spot, margin: { USDT: CASH } }] })
    if (market === 'contracts') {
      const [account] = simulator.contracts.accounts
      for (const { symbol, quantity, price } of bought) account?.positions.set(symbol, { quantity, entry: price })
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

export const serveBinanceSpot = serve('spot')
export const serveBinanceContracts = serve('contracts')
