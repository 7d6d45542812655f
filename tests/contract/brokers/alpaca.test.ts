import { documentedErrors } from '../../../shared/brokers/alpaca/errors.ts'
import { alpacaHouse, share } from './alpaca/house.ts'
import type { Failure } from './conformance/venue.ts'
import { conformance } from './conformance.ts'

const house = alpacaHouse()

const bodyOf = (code: number | null) => JSON.stringify({ message: 'so it says', ...(code !== null && { code }) })

conformance('Alpaca', async () => {
  const simulator = house.simulator()
  const { faults } = simulator
  const [one, two] = [house.newAccount(), house.newAccount()]
  simulator.price('AAPL', '100', '100.02')
  return {
    broker: house.brokerOf([one, two], { deadline_ms: 700 }),
    account_id: one.account_id,
    second: two.account_id,
    instrument: share,
    price: async (bid, ask) => simulator.price('AAPL', bid, ask),
    resting: {
      MARKET_ON_OPEN: {},
      MARKET_ON_CLOSE: {},
      LIMIT_ON_OPEN: { limit_price: share.tick.times(9_000) },
      LIMIT_ON_CLOSE: { limit_price: share.tick.times(9_000) },
    },
    loseNextAnswer: () => faults.loseNextAnswer(),
    loseNextCancel: () => faults.add({ of: 'DELETE /v2/orders', kind: 'lost_answer' }),
    failNextQuestion: () => faults.add({ of: 'GET /v2', kind: 'answer', status: 500, body: '{"code":50010000,"message":"internal"}' }),
    delay: ms => (ms > 0 ? faults.add({ of: 'POST /v2/orders', kind: 'delay', delay_ms: ms }) : undefined),
    failures: () => documentedErrors.flatMap(failureOf(answer => faults.add({ of: 'POST /v2/orders', kind: 'answer', ...answer }))),
    fillPart: async (client_order_id, quantity, price) => simulator.fillPart(client_order_id, quantity, price),
    fillBeforeCancel: client_order_id => void faults.fill_before_cancel.add(client_order_id),
    foreign: async () => {
      const answer = await fetch(`${simulator.url}/v2/orders`, {
        method: 'POST',
        headers: { 'APCA-API-KEY-ID': one.keys.key_id, 'APCA-API-SECRET-KEY': one.keys.secret },
        body: JSON.stringify({ symbol: 'AAPL', qty: '7', side: 'buy', type: 'limit', limit_price: '50', time_in_force: 'gtc' }),
      })
      return ((await answer.json()) as { id: string }).id
    },
  }
})

/** A client id that was used is no failure: its order is asked for. After too many requests nothing is asked for a while: see alpaca/. */
const failureOf =
  (answer: (given: { status: number; body: string }) => void) =>
  ({ status, code, meaning }: (typeof documentedErrors)[number]): Failure[] =>
    meaning === 'taken' || status === 429
      ? []
      : [{ name: `${status} ${code}`, outcome: meaning, arrange: () => answer({ status, body: bodyOf(code) }) }]
