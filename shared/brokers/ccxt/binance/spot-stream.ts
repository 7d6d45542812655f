import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { sentence } from '../../../domain/errors.ts'
import { BrokerConnectionError, type StreamReport } from '../../broker.ts'
import { type Account, remember } from '../account.ts'
import { close, listen } from '../socket.ts'
import { unpricedFillOf } from './fee-coins.ts'
import { named, toldSpot } from './spot-orders.ts'
import { amount, id, spotOrder } from './wire.ts'

const REAL = 'wss://ws-api.binance.com:443/ws-api/v3'
const DEMO = 'wss://demo-ws-api.binance.com/ws-api/v3'
const ANSWER_WITHIN_MS = 8_000

const addressOf = ({ session: { connection } }: Account): string => {
  if (connection.stream_url !== undefined) return `${connection.stream_url.replace(/\/$/, '')}/ws-api/v3`
  if (connection.url !== undefined) return `${connection.url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws-api/v3`
  return connection.demo ? DEMO : REAL
}

const answer = z.object({ id: z.string(), status: z.number(), error: z.object({ code: z.number(), msg: z.string() }).optional() })

/** The account's own stream, by the WebSocket API: a subscription signed with its key. */
export async function spotStream(account: Account, tell: (report: StreamReport) => void): Promise<() => Promise<void>> {
  const { session } = account
  const request = randomUUID()
  const answered = Promise.withResolvers<void>()
  const socket = await listen({
    url: addressOf(account),
    tell,
    heard: async message => {
      const reply = answer.safeParse(message)
      if (reply.success && reply.data.id === request) {
        if (reply.data.status === 200) answered.resolve()
        else answered.reject(refused(reply.data.error))
        return
      }
      for (const report of await spotReports(account, message)) tell(report)
    },
  })
  const terms = { apiKey: session.apiKey, recvWindow: session.connection.recv_window_ms, timestamp: session.exchange.nonce() }
  socket.send(
    JSON.stringify({ id: request, method: 'userDataStream.subscribe.signature', params: { ...terms, signature: session.sign(terms) } }),
  )
  const late = setTimeout(
    () => answered.reject(new BrokerConnectionError('NO_ANSWER: method=userDataStream.subscribe.signature')),
    ANSWER_WITHIN_MS,
  )
  try {
    await answered.promise
  } catch (error) {
    await close(socket)
    throw error
  } finally {
    clearTimeout(late)
  }
  return () => close(socket)
}

const refused = (error: { code: number; msg: string } | undefined) =>
  new BrokerConnectionError(sentence('STREAM_REFUSED', { code: error?.code ?? 0, message: error?.msg ?? '' }))

const executionReport = z.object({
  e: z.literal('executionReport'),
  s: z.string(),
  c: z.string(),
  /** The id that we gave, where `c` is that of a cancel. */
  C: z.string().default(''),
  S: z.enum(['BUY', 'SELL']),
  o: z.string(),
  f: z.string(),
  q: amount,
  p: amount,
  P: amount,
  d: z.union([z.string(), z.number()]).optional(),
  g: z.coerce.number().default(-1),
  x: z.string(),
  X: z.string(),
  r: z.string().default('NONE'),
  i: id,
  l: amount,
  z: amount,
  L: amount,
  n: amount.nullish(),
  N: z.string().nullish(),
  T: z.coerce.number(),
  t: id,
})

/** An event comes by itself, in a subscription's envelope or in a stream's. */
const unwrapped = (message: unknown): unknown => {
  if (typeof message !== 'object' || message === null) return message
  if ('event' in message) return message.event
  return 'data' in message ? message.data : message
}

/** What an event tells, in the port's words; nothing for one that asking answers better. */
export async function spotReports(account: Account, message: unknown): Promise<StreamReport[]> {
  const event = unwrapped(message)
  const name = typeof event === 'object' && event !== null && 'e' in event ? event.e : null
  if (name === 'eventStreamTerminated' || name === 'serverShutdown') return [{ kind: 'status', status: 'DISCONNECTED' }]
  if (name !== 'executionReport') return []
  const report = executionReport.parse(event)
  const given = report.C === '' ? report.c : report.C
  const client_order_id = given === '' ? null : given
  const broker_order_id = `${report.s}:${report.i}`
  remember(account, { symbol: report.s, client_order_id, broker_order_id })
  account.traded = null
  const reports: StreamReport[] = []
  // The sides of a list are judged together, by asking for it.
  if (report.g < 0) {
    const order = await toldSpot(account, orderOf(report), [])
    reports.push({ kind: 'order', order: { ...order, reason: report.r === 'NONE' ? null : report.r } })
  }
  if (isTrade(report)) {
    const { s: symbol, i: orderId, t, L: price, l: qty, T, n, N, S: action } = report
    const fill = unpricedFillOf({
      symbol,
      orderId,
      id: t,
      price,
      qty,
      time: new Date(T),
      commission: n ?? qty.times(0),
      commissionAsset: N ?? account.currency,
    })
    const owner = client_order_id?.replace(/_(HI|LO)$/, '') ?? null
    const execution = {
      ...fill,
      account_id: account.account_id,
      broker_order_id,
      client_order_id: owner,
      action,
      ...(await named(account, symbol)),
    }
    reports.unshift({ kind: 'execution', execution })
  }
  return reports
}

/** A liquidation executes as well. One that tells no price is left to asking, which does. */
const isTrade = ({ x, l, L }: Pick<z.output<typeof executionReport>, 'x' | 'l' | 'L'>): boolean =>
  (x === 'TRADE' || x === 'CALCULATED') && l.gt(0) && L.gt(0)

const orderOf = (report: z.output<typeof executionReport>) =>
  spotOrder.parse({
    symbol: report.s,
    orderId: report.i,
    clientOrderId: report.C === '' ? report.c : report.C,
    price: report.p.toFixed(),
    origQty: report.q.toFixed(),
    executedQty: report.z.toFixed(),
    status: report.X,
    timeInForce: report.f,
    type: report.o,
    side: report.S,
    stopPrice: report.P.toFixed(),
    trailingDelta: report.d ?? null,
    updateTime: report.T,
  })
