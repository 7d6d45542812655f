import { readEndpoints } from '../endpoints.ts'
import { http } from '../http.ts'

const EVERY_MS = 20_000

/** Now and then posts a signal of one of the demo strategies, from outside as any sender: a BUY, and later the SELL that ends it. */
export function startDemoSender(dataDir: string): { stop(): void } {
  let count = 0
  const sendNext = async () => {
    try {
      const { signals_url, demo } = readEndpoints(dataDir)
      // The first is left to whoever sends by hand, who would otherwise meet a position that is not theirs.
      const strategies = demo?.strategies.slice(1) ?? []
      const strategy = strategies[count % strategies.length]
      if (!strategy || !signals_url) return
      const action = Math.floor(count / strategies.length) % 2 === 0 ? 'BUY' : 'SELL'
      count += 1
      const { strategy_id, passphrase, ticker } = strategy
      const signalID = `demo_${process.pid}_${Date.now()}`
      const signal = { strategy_name: strategy_id, signal_sent_EPOCH: Date.now(), signalID, passphrase, signal: { ticker, action } }
      console.log(`${action} ${ticker} for ${strategy_id}: ${await post(signals_url, signal)}`)
    } catch (error) {
      console.log(`demo signal not sent: ${(error as Error).message}`)
    }
  }
  const timer = setInterval(sendNext, EVERY_MS)
  return { stop: () => clearInterval(timer) }
}

const post = (url: string, body: object) =>
  new Promise<string>((resolve, reject) => {
    const request = http.request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, async response => {
      resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`)
    })
    request.once('error', reject).end(JSON.stringify(body))
  })
