import { alpacaHouse, share } from './alpaca/house.ts'
import { conformance } from './conformance.ts'

const house = alpacaHouse()

conformance('Alpaca', async () => {
  const simulator = house.simulator()
  const { broker, account_id } = house.open()
  simulator.price('AAPL', '100', '100.02')
  return {
    broker,
    account_id,
    instrument: share,
    price: async (bid, ask) => simulator.price('AAPL', bid, ask),
    loseNextAnswer: () => simulator.faults.loseNextAnswer(),
  }
})
