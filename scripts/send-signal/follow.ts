interface SignalStatus {
  signal_id: string
  status: string
  state: string
  states: { state: string; at: string }[]
  phases_ms?: Record<string, number>
  cerebro_decision?: unknown
  orders?: unknown[]
  execution?: unknown
}

interface Follow {
  status_url: string
  api_key: string
  say: (line: string) => void
  timeoutMs?: number
}

const POLL_MS = 50
const terminal = ['FILLED', 'DENIED', 'REFUSED', 'DUPLICATE', 'CANCELED', 'REJECTED', 'EXPIRED']

const written = (value: unknown): string =>
  value !== null && typeof value === 'object'
    ? Object.entries(value)
        .filter(([, each]) => each !== null && typeof each !== 'object')
        .map(([name, each]) => `${name}=${each}`)
        .join(' ')
    : String(value ?? '')

const phases = (of: Record<string, number> | undefined) =>
  Object.entries(of ?? {})
    .map(([phase, ms]) => `${phase} ${ms} ms`)
    .join(', ')

async function read(status_url: string, api_key: string): Promise<SignalStatus> {
  const answer = await fetch(status_url, { headers: { 'x-api-key': api_key } })
  if (!answer.ok) throw new Error(`${status_url} answers ${answer.status}: ${await answer.text()}`)
  return (await answer.json()) as SignalStatus
}

/**
 * Says each state of a signal as it comes, until the last one.
 * @throws Error with the reason where the signal does not end FILLED
 */
export async function followSignal({ status_url, api_key, say, timeoutMs = 30_000 }: Follow): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let told = 0
  for (;;) {
    const signal = await read(status_url, api_key)
    const first = Date.parse(signal.states[0]?.at ?? '')
    for (const { state, at } of signal.states.slice(told)) say(`${String(Date.parse(at) - first).padStart(6)} ms  ${state}`)
    told = signal.states.length
    if (terminal.includes(signal.state)) return summary(signal, say)
    if (Date.now() > deadline) throw new Error(`${signal.signal_id} is still ${signal.state} after ${timeoutMs / 1000} s.`)
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

function summary(signal: SignalStatus, say: Follow['say']): void {
  if (signal.phases_ms) say(`phases     ${phases(signal.phases_ms)}`)
  if (signal.cerebro_decision) say(`decision   ${written(signal.cerebro_decision)}`)
  for (const order of signal.orders ?? []) say(`order      ${written(order)}`)
  if (signal.execution) say(`execution  ${written(signal.execution)}`)
  if (signal.state !== 'FILLED') throw new Error(`${signal.signal_id} ended ${signal.state}, not FILLED.`)
}
