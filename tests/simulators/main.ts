import { parseArgs } from 'node:util'
import { http } from '../../scripts/local/http.ts'
import { allowedToServe, onStop } from '../../scripts/local/runner/child.ts'
import { addressOf, simulatedBrokers } from '../../scripts/local/simulated/brokers.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { openStore } from '../../shared/store/open.ts'
import { openPositionsIn } from '../../shared/store/positions.ts'
import { serveAlpaca } from './alpaca/serve.ts'
import { serveBinanceContracts, serveBinanceSpot } from './binance/serve.ts'
import { serveIbkr } from './ibkr/serve.ts'
import type { Held, Serve, Served } from './served.ts'
import { serveZerodha } from './zerodha/serve.ts'

// Every simulated broker in one process, for `npm start -- --brokers simulated`. They begin with what our books say that is held, since they
// keep nothing by themselves, and fill at the prices of the simulated market.

const PRICES_EVERY_MS = 250

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const secrets = openSecrets(config)

const simulators: Record<string, Serve> = {
  alpaca: serveAlpaca,
  binance: serveBinanceSpot,
  binanceusdm: serveBinanceContracts,
  ibkr: serveIbkr,
  zerodha: serveZerodha,
}

const prices = new Map<string, { bid: string; ask: string }>()

const readPrices = () =>
  new Promise<void>((resolve, reject) => {
    const asking = http.get(`${config.MARKET_URL}/quotes`, async response => {
      try {
        const quotes: { instrument_id: string; bid: string; ask: string }[] = JSON.parse(Buffer.concat(await response.toArray()).toString())
        for (const { instrument_id, bid, ask } of quotes) prices.set(instrument_id, { bid, ask })
        resolve()
      } catch (error) {
        reject(error)
      }
    })
    asking.once('error', reject)
  })

async function heldIn(account_id: string): Promise<Held[]> {
  const positions = await openPositionsIn(store, account_id)
  return positions.map(({ instrument_id, quantity, avg_price }) => ({
    instrument_id,
    quantity: quantity.toFixed(),
    avg_price: avg_price.toFixed(),
  }))
}

async function serve(broker: (typeof simulatedBrokers)[number]): Promise<Served> {
  const start = simulators[broker.name]
  if (!start) throw new Error(`there is no simulator of ${broker.name}`)
  const own = new Map<string, string>()
  for (const name of Object.keys(broker.secrets)) own.set(name, (await secrets.read(name)) ?? '')
  return start({
    broker,
    port: addressOf(broker.name, Number(values.port)).port,
    now,
    secret: name => own.get(name) ?? '',
    setSecret: (name, value) => secrets.write(name, value),
    prices,
    held: await heldIn(broker.account.account_id),
  })
}

await allowedToServe()
// The market may come up after us.
while (prices.size === 0) await readPrices().catch(() => new Promise(resolve => setTimeout(resolve, PRICES_EVERY_MS)))
const served: Served[] = []
// The first port is opened last: it tells that all are there.
for (const broker of simulatedBrokers.toReversed()) served.push(await serve(broker))

const timer = setInterval(() => {
  readPrices().then(
    () => {
      for (const each of served) each.tick()
    },
    (error: unknown) => void process.stderr.write(`no prices for the simulated brokers: ${errorText(error)}\n`),
  )
}, PRICES_EVERY_MS)

onStop(async () => {
  clearInterval(timer)
  await Promise.all(served.map(each => each.stop()))
})
