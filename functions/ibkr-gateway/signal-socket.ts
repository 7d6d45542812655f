import { now } from '../../shared/runtime/clock.ts'
import type { Handshake } from '../../shared/runtime/define-socket.ts'
import { logOf } from '../../shared/runtime/log.ts'
import { type ProblemInput, problemBody } from '../../shared/runtime/problem.ts'
import type { openDoor } from '../ingest-signal/door.ts'

const LARGEST = 64 * 1024
const PER_SECOND = 100

type Door = ReturnType<typeof openDoor>

const refused = (problem: ProblemInput): string => JSON.stringify(problemBody(problem))

/** Counts the messages of each open socket in the running second. */
const meter = () => {
  const counts = new WeakMap<Handshake, { second: number; count: number }>()
  return (handshake: Handshake, at: Date): number => {
    const second = Math.floor(at.getTime() / 1000)
    const known = counts.get(handshake)
    const count = known?.second === second ? known.count + 1 : 1
    counts.set(handshake, { second, count })
    return count
  }
}

/** Lines before a message that HTTP has as headers, with an empty one behind them. */
const signature = /^(?:x-(?:timestamp|signature):[^\r\n]{0,200}\r?\n){2}\r?\n/i
const LONGEST_LINES = 512

/** A message's own signature, and the body that it signs. */
function signedParts(message: Buffer): { headers: Record<string, string>; body: Buffer } {
  const [lines = ''] = signature.exec(message.toString('latin1', 0, LONGEST_LINES)) ?? []
  const headers = lines.split('\n').flatMap(line => {
    const [, name, value] = /^([^:]+):(.*)$/.exec(line.trim()) ?? []
    return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()] as const]
  })
  return { headers: Object.fromEntries(headers), body: message.subarray(lines.length) }
}

/** Answers a socket's message as the HTTP door answers the same body; the body of that answer is the reply. */
export const signalSocket = (door: Door) => {
  const log = logOf('ibkr-gateway', {})
  const count = meter()
  return async (message: Buffer, handshake: Handshake): Promise<string> => {
    const at = now()
    const { headers: signing, body: rawBody } = signedParts(message)
    if (rawBody.length > LARGEST) {
      return refused({
        status: 413,
        code: 'BODY_TOO_LARGE',
        detail: `The message has ${rawBody.length} bytes; at most ${LARGEST} are taken here. Send less in one message.`,
      })
    }
    if (count(handshake, at) > PER_SECOND) {
      return refused({
        status: 429,
        code: 'TOO_MANY_SIGNALS',
        detail: `A connection may send ${PER_SECOND} messages a second. Send this one again in a second.`,
      })
    }
    const { address, path_token } = handshake
    // The handshake has no body of its own: what it says of one is not said of a message.
    const { 'content-type': _type, 'content-length': _length, ...headers } = handshake.headers
    const { body } = await door({ rawBody, headers: { ...headers, ...signing }, address, path_token, now: at, log })
    return JSON.stringify(body)
  }
}
