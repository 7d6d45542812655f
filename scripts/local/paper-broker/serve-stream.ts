import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Broker, StreamReport } from '../../../shared/brokers/broker.ts'
import { toWire } from '../../../shared/brokers/paper/wire.ts'
import { type Faults, toldOrder } from './faults.ts'

interface Streaming {
  broker: Broker
  faults: Faults
  now: () => Date
  cutOff: () => boolean
}

const LOOK_EVERY_MS = 200

/** Sends what a paper broker's stream tells, a line a report: some of it twice, some in another order, some not at all. */
export async function serveStream(
  { broker, faults, now, cutOff }: Streaming,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const accounts = new URL(request.url ?? '/', 'http://stream').searchParams.get('accounts')?.split(',') ?? []
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  const told = withFaults(faults, now)
  const close = await broker.stream?.(accounts, report => {
    for (const each of told(report)) response.write(`${toWire(each)}\n`)
  })
  const broken = setInterval(() => {
    if (!faults.calmed && cutOff()) request.socket.destroy()
  }, LOOK_EVERY_MS)
  response.on('close', () => {
    clearInterval(broken)
    void close?.()
  })
}

function withFaults(faults: Faults, now: () => Date): (report: StreamReport) => StreamReport[] {
  let held: StreamReport[] = []
  return report => {
    if (report.kind !== 'order') return [report]
    const { order } = report
    const what = `stream ${order.broker_order_id} ${order.status} ${order.fills.length}`
    if (faults.strikes('lost_report', what)) return []
    const told = { kind: 'order' as const, order: toldOrder(order, faults, now()) }
    const now_told = [...(faults.strikes('duplicated', what) ? [told, told] : [told]), ...held]
    held = []
    if (!faults.strikes('reordered', what)) return now_told
    held = now_told
    return []
  }
}
