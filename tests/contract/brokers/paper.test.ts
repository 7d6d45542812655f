import { paperHouse } from '../../integration/paper-broker-harness.ts'
import { at, stock } from '../../unit/shared/brokers/paper/samples.ts'
import { conformance } from './conformance.ts'

const house = paperHouse()

conformance('the paper broker', async () => ({
  broker: house.broker(),
  account_id: await house.account(),
  second: await house.account(),
  instrument: stock,
  now: () => at,
  price: async (bid, ask) => {
    await house.quoted(stock.instrument_id, bid, ask, bid)
  },
}))
