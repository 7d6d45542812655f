import { afterAll } from 'vitest'
import { startSimulator } from '../../../simulators/binance/start.ts'
import { conformance } from '../conformance.ts'
import { binanceBroker, type Simulator, venueOf } from './venue.ts'

const running: Simulator[] = []
afterAll(async () => {
  for (const each of running) await each.stop()
})

conformance('Binance spot', async () => {
  const simulator = await startSimulator()
  running.push(simulator)
  simulator.price('BNBUSDT', '600', '600.1')
  return venueOf(simulator, await binanceBroker(simulator, 'binance'), false)
})
