import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { DemoStrategy } from '../local/endpoints.ts'

export interface Wish {
  strategy: DemoStrategy
  action: 'BUY' | 'SELL'
  signal_type: 'ENTRY' | 'EXIT'
}

export interface Answered {
  /** 0 where there was no answer. */
  status: number
  signal_id: string | null
  /** ms since 1970 when it was sent. */
  sentAt: number
  ms: number
}

export interface Sender {
  post(wish: Wish): Promise<Answered>
  close(): void
}

const bodyOf = ({ strategy: { strategy_id, passphrase, ticker }, action, signal_type }: Wish): string =>
  JSON.stringify({
    strategy_name: strategy_id,
    signal_sent_EPOCH: Date.now(),
    signalID: randomUUID(),
    passphrase,
    signal: { ticker, action, signal_type },
  })

/** A door that does not answer at all is a finding, too, and must not hold up the rest. */
const ANSWER_WITHIN_MS = 20_000

const idIn = (text: string): string | null => {
  try {
    return JSON.parse(text).signal_id ?? null
  } catch {
    return null
  }
}

/** Posts signals in the house format over connections that are kept open, at most `connections` of them. */
export function openSender(url: string, connections: number): Sender {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const post = (wish: Wish): Promise<Answered> =>
    new Promise(resolve => {
      const body = bodyOf(wish)
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const sentAt = Date.now()
      const begun = performance.now()
      const end = (status: number, text: string) => resolve({ status, signal_id: idIn(text), sentAt, ms: performance.now() - begun })
      const posting = request(url, { method: 'POST', agent, headers, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        answer.once('end', () => end(answer.statusCode ?? 0, text))
        answer.once('error', () => end(0, ''))
      })
      posting.once('error', () => end(0, ''))
      posting.end(body)
    })
  return { post, close: () => agent.destroy() }
}

/** Wishes without end, each strategy in turn: a BUY that enters, and in its next turn the SELL that exits. */
export function* alternating(strategies: readonly DemoStrategy[]): Generator<Wish, never> {
  for (;;) {
    for (const strategy of strategies) yield { strategy, action: 'BUY', signal_type: 'ENTRY' }
    for (const strategy of strategies) yield { strategy, action: 'SELL', signal_type: 'EXIT' }
  }
}
