import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type Broker,
  BrokerError,
  type BrokerExecution,
  type BrokerOrder,
  type OrderResult,
  type PlaceRequest,
} from '../../../shared/brokers/broker.ts'
import { type Asked, asked } from '../../../shared/brokers/paper/remote-paper.ts'
import { fromWire, toWire } from '../../../shared/brokers/paper/wire.ts'
import { http } from '../http.ts'
import { type Faults, toldExecutions, toldOrder } from './faults.ts'
import { serveStream } from './serve-stream.ts'

interface Serving {
  broker: Broker
  faults: Faults
  now: () => Date
  /** Whether the whole venue is cut off. */
  cutOff: () => boolean
}

const MAX_BODY = 1_000_000
/** Longer than any client waits. */
const TOO_LATE_MS = 6_000
/** How old an answer may be that is given again. */
const STALE_MS = 1_500

const changing: ReadonlySet<Asked> = new Set(['placeOrder', 'modifyOrder', 'cancelOrder', 'transferCash'])
const snapshots: ReadonlySet<Asked> = new Set(['openOrders', 'positions', 'balance', 'executions'])

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) {
    body += chunk
    if (body.length > MAX_BODY) throw new BrokerError('too long')
  }
  return body
}

/** A paper broker behind a port of the network, with faults on purpose. `GET /faults` counts them, `POST /calm` ends them. */
export function paperServer(serving: Serving): Server {
  const earlier = new Map<string, { answer: string; at: number }>()
  let requests = 0
  return new http.Server(async (request, response) => {
    const path = (request.url ?? '/').slice(1)
    if (path === 'faults' || path === 'calm') {
      if (path === 'calm') serving.faults.calm()
      return answered(response, 200, JSON.stringify(serving.faults.counts))
    }
    if (!serving.faults.calmed && serving.cutOff()) return void request.socket.destroy()
    if (path === 'status') return answered(response, 200, '"CONNECTED"')
    if (path.startsWith('stream?')) return serveStream(serving, request, response)
    if (!asked.some(method => method === path)) return answered(response, 404, '')
    try {
      requests += 1
      await answer({ ...serving, earlier }, { method: path as Asked, body: await bodyOf(request), request, response, number: requests })
    } catch (error) {
      answered(response, error instanceof BrokerError ? 422 : 503, (error as Error).message)
    }
  })
}

const answered = (response: ServerResponse, status: number, body: string) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(body)

interface Question {
  method: Asked
  body: string
  request: IncomingMessage
  response: ServerResponse
  number: number
}

async function answer(
  serving: Serving & { earlier: Map<string, { answer: string; at: number }> },
  { method, body, request, response, number }: Question,
): Promise<void> {
  const { faults, earlier, now } = serving
  const [first, ...rest] = fromWire(body) as [PlaceRequest, ...unknown[]]
  const what = `${method} ${first?.client_order_id ?? body.length} ${number}`
  if (faults.strikes('refused_connection', what)) return void request.socket.destroy()
  if (method === 'placeOrder' && faults.strikes('rejection', first.client_order_id)) {
    const known = await serving.broker.getOrder(first)
    if (!known) return answered(response, 200, toWire({ kind: 'rejected', reason: 'REFUSED_BY_FAULT' }))
  }
  const before = earlier.get(`${method} ${body}`)
  if (before && snapshots.has(method) && Date.now() - before.at < STALE_MS && faults.strikes('stale', what)) {
    return answered(response, 200, before.answer)
  }
  const call = serving.broker[method] as (...values: unknown[]) => Promise<unknown>
  const result = told(method, await call(first, ...rest), serving, now())
  const text = toWire(result)
  if (snapshots.has(method)) earlier.set(`${method} ${body}`, { answer: text, at: Date.now() })
  if (changing.has(method)) {
    if (faults.strikes('lost_answer', what)) return void request.socket.destroy()
    if (faults.strikes('timeout', what)) await delay(TOO_LATE_MS)
  }
  answered(response, 200, text)
}

/** What a client is told, which need not be all, nor right at first. */
function told(method: Asked, result: unknown, { faults }: Serving, now: Date): unknown {
  switch (method) {
    case 'placeOrder': {
      const { order, ...bare } = result as OrderResult & { order?: BrokerOrder }
      if (!order) return bare
      return faults.strikes('bare_acknowledgement', order.broker_order_id) ? bare : { ...bare, order: toldOrder(order, faults, now) }
    }
    case 'getOrder':
      return result ? toldOrder(result as BrokerOrder, faults, now) : null
    case 'openOrders':
      return (result as BrokerOrder[]).map(order => toldOrder(order, faults, now))
    case 'executions':
      return toldExecutions(result as BrokerExecution[], faults, now)
    default:
      return result
  }
}
