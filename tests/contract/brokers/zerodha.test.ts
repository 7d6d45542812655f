import { afterAll } from 'vitest'
import { conformance } from './conformance.ts'
import { kiteHouse, venueOf } from './zerodha-venue.ts'

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing) await close()
})

conformance('Zerodha', async () => {
  const house = await kiteHouse({ limited: false })
  closing.push(house.kite.stop)
  return venueOf(house)
})
