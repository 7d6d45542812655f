import { afterEach } from 'vitest'
import { openVenue } from '../../simulators/ibkr/venue.ts'
import { conformance } from './conformance.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

for (const version of [166, 193]) {
  conformance(`Interactive Brokers at version ${version}`, async () => {
    const { simulator, broker, account_id, instruments, close } = await openVenue({ version })
    closing.push(close)
    return {
      broker,
      account_id,
      instrument: instruments.stock,
      price: async (bid, ask) => {
        simulator.price('AAPL', bid, ask)
      },
      loseNextAnswer: () => {
        simulator.faults.lost_answers = 1
      },
    }
  })
}
