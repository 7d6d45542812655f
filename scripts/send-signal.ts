import { randomUUID } from 'node:crypto'
import { readCommandLine } from './command-line.ts'
import { type DemoStrategy, type Endpoints, readEndpoints } from './local/endpoints.ts'
import { followSignal } from './send-signal/follow.ts'

const usage = `npm run send-signal                                          a BUY, followed to its end, and then the SELL that ends it
npm run send-signal -- --action BUY|SELL [options]           one signal
  --strategy ID   whose signal it is (the first demo strategy)
  --ticker T      what to trade (the strategy's)
  --quantity Q    how much the sender asks for
  --price P       the price that the sender saw
  --follow        wait for its end
  --data DIR      where npm start keeps its data (.local)`

interface Wish {
  ticker: string
  action: string
  quantity?: string
  price?: string
}

interface Accepted {
  signal_id: string
  status: string
  status_url: string
  duplicate: boolean
}

const options = {
  data: { type: 'string', default: '.local' },
  strategy: { type: 'string' },
  ticker: { type: 'string' },
  action: { type: 'string' },
  quantity: { type: 'string' },
  price: { type: 'string' },
  follow: { type: 'boolean', default: false },
} as const

const numberOf = (name: string, text: string | undefined): object => {
  if (text === undefined) return {}
  if (!Number.isFinite(Number(text))) throw new Error(`--${name} takes a number, not “${text}”.`)
  return { [name]: text }
}

function strategyOf({ demo }: Endpoints, id: string | undefined): DemoStrategy {
  const known = demo?.strategies ?? []
  const found = id === undefined ? known[0] : known.find(({ strategy_id }) => strategy_id === id)
  if (found) return found
  throw new Error(
    known.length === 0 ? 'There are no demo strategies here.' : `--strategy is one of ${known.map(each => each.strategy_id).join(', ')}.`,
  )
}

async function send({ signals_url }: Endpoints, { strategy_id, passphrase }: DemoStrategy, signal: Wish): Promise<Accepted> {
  if (signals_url === null) throw new Error('The gateway is not running there.')
  const body = { strategy_name: strategy_id, signal_sent_EPOCH: Date.now(), signalID: randomUUID(), passphrase, signal }
  const begun = performance.now()
  const answer = await fetch(signals_url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  const content = (await answer.json()) as Accepted & { detail?: string; code?: string; errors?: unknown[] }
  if (!answer.ok) throw new Error(`Refused: ${answer.status} ${content.code}: ${content.detail} ${JSON.stringify(content.errors ?? [])}`)
  console.log(
    `${signal.action} ${signal.ticker} for ${strategy_id}: ${answer.status} in ${(performance.now() - begun).toFixed(1)} ms, ${content.signal_id}`,
  )
  return content
}

try {
  const { values } = readCommandLine(usage, { options })
  const endpoints = readEndpoints(values.data)
  const strategy = strategyOf(endpoints, values.strategy)
  const wishOf = (action: string): Wish => ({
    ticker: values.ticker ?? strategy.ticker,
    action,
    ...numberOf('quantity', values.quantity),
    ...numberOf('price', values.price),
  })
  const alone = values.action !== undefined
  for (const action of alone ? [values.action ?? ''] : ['BUY', 'SELL']) {
    const { status_url } = await send(endpoints, strategy, wishOf(action.toUpperCase()))
    if (alone && !values.follow) console.log(`  ${status_url} (with X-API-Key) follows it`)
    else await followSignal({ status_url, api_key: strategy.api_key, say: line => console.log(`  ${line}`) })
  }
} catch (error) {
  const { message, cause } = error as Error
  console.error(`${message}${message === 'fetch failed' && cause instanceof Error ? ` (${cause.message})` : ''}`)
  process.exitCode = 1
}
