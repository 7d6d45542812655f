import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, type StreamReport } from '../broker.ts'
import { fromWire } from './wire.ts'

/** Follows a paper broker over the network: a line a report, until either side ends it. An end that nobody asked for is told. */
export async function remoteStream(
  url: string,
  accounts: readonly string[],
  onReport: (report: StreamReport) => void,
): Promise<() => Promise<void>> {
  const ending = new AbortController()
  const response = await fetch(`${url}/stream?accounts=${accounts.map(encodeURIComponent).join(',')}`, { signal: ending.signal }).catch(
    (error: Error): never => {
      throw new BrokerConnectionError(sentence('NO_ANSWER', { method: 'stream', message: error.message }), { cause: error })
    },
  )
  if (!response.ok || !response.body) throw new BrokerConnectionError(sentence('NO_ANSWER', { method: 'stream', status: response.status }))
  const reading = readLines(response.body, line => onReport(fromWire(line) as StreamReport))
    .catch(() => undefined)
    .then(() => {
      if (!ending.signal.aborted) onReport({ kind: 'status', status: 'DISCONNECTED' })
    })
  return async () => {
    ending.abort()
    await reading
  }
}

async function readLines(body: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
  }
}
