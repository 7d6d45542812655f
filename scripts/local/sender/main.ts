import { parseArgs } from 'node:util'
import { readEndpoints } from '../endpoints.ts'
import { http } from '../http.ts'
import { allowedToServe, onStop } from '../runner/child.ts'

// The demo sender: now and then a signal of one of the demo strategies, a BUY and then the SELL that ends it.

const { values } = parseArgs({ options: { data: { type: 'string', default: '.local' } } })

const EVERY_MS = 20_000

await allowedToServe()
const { signals_url, demo } = readEndpoints(values.data)
// The first is left to whoever sends by hand, who would otherwise meet a position that is not theirs.
const strategies = demo?.strategies.slice(1) ?? []
let count = 0

const post = (body: object) =>
  new Promise<string>((resolve, reject) => {
    const request = http.request(signals_url ?? '', { method: 'POST', headers: { 'content-type': 'application/json' } }, async response => {
      resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`)
    })
    request.once('error', reject).end(JSON.stringify(body))
  })

const sendNext = async () => {
  const strategy = strategies[count % strategies.length]
  const action = Math.floor(count / strategies.length) % 2 === 0 ? 'BUY' : 'SELL'
  count += 1
  if (!strategy) return
  const { strategy_id, passphrase, ticker } = strategy
  const signalID = `demo_${process.pid}_${Date.now()}`
  const signal = { strategy_name: strategy_id, signal_sent_EPOCH: Date.now(), signalID, passphrase, signal: { ticker, action } }
  try {
    console.log(`${action} ${ticker} for ${strategy_id}: ${await post(signal)}`)
  } catch (error) {
    console.log(`${action} ${ticker} for ${strategy_id} not sent: ${(error as Error).message}`)
  }
}

const timer = setInterval(sendNext, EVERY_MS)
onStop(() => clearInterval(timer))
