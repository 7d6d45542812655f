import { createHmac } from 'node:crypto'
import type { Exchange } from 'ccxt'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'
import { type Connection, credentialsOf } from './connection.ts'
import { parseUnrounded } from './exact-json.ts'
import { exchangeClass } from './exchanges.ts'
import { isOverload, plainText, questionFailed, verdictOf } from './failures.ts'

type Params = Record<string, string | number | boolean>

/** One account's way to its exchange. */
export interface Session {
  account_id: string
  connection: Connection
  exchange: Exchange
  apiKey: string
  /** A question, by one of ccxt's own methods for the exchange's endpoints. Where the clock was wrong it is put right and asked once more. */
  ask(method: string, params?: Params): Promise<unknown>
  /** The same, null where the exchange says that it has no such order. */
  find(method: string, params: Params): Promise<unknown>
  /** The same for what must not be sent twice: throws as ccxt does. */
  send(method: string, params: Params): Promise<unknown>
  /** Any work with ccxt, guarded like a question. */
  work<T>(name: string, work: (exchange: Exchange) => Promise<T>): Promise<T>
  /** Puts the clock right: the exchange's time is asked for. */
  syncClock(): Promise<void>
  sign(params: Params): string
  lastAnswerAt(): Date | null
}

type Endpoints = Record<string, ((params: Params) => Promise<unknown>) | undefined>

/** Opens an account: reads its keys by name and makes ccxt's object for it, which asks nobody anything yet. */
export async function openSession(connection: Connection, account_id: string, deps: Pick<AdapterDeps, 'secret' | 'now'>): Promise<Session> {
  const names = credentialsOf(connection, account_id)
  const [Exchange, apiKey, secret, password] = await Promise.all([
    exchangeClass(connection.exchange),
    deps.secret(names.api_key),
    deps.secret(names.secret),
    names.password === undefined ? undefined : deps.secret(names.password),
  ])
  const exchange = new Exchange({
    apiKey,
    secret,
    password,
    timeout: connection.timeout_ms,
    enableRateLimit: connection.paced,
    fetchImplementation: fetching(connection),
    // Nothing is ever sent again by the library: a second POST can fill a second time.
    options: { maxRetriesOnFailure: 0, fetchCurrencies: false, fetchMargins: false, warnOnFetchOpenOrdersWithoutSymbol: false },
  })
  exchange.number = String as unknown as Exchange['number']
  // Its own way keeps the digits of long whole numbers alone, and of those only in JSON without blanks.
  exchange.parseJson = (text: string) => {
    try {
      return parseUnrounded(text)
    } catch {
      return undefined
    }
  }
  exchange.options.recvWindow = connection.recv_window_ms
  if (connection.demo) exchange.enableDemoTrading(true)
  return sessionOf({ connection, account_id, exchange, apiKey, secret, now: deps.now })
}

/** The real addresses stay in ccxt, which knows errors by them; what goes over the network goes where it is told to. Never to where a redirect leads. */
const fetching =
  ({ url, timeout_ms }: Connection) =>
  (address: string, request: RequestInit): Promise<Response> => {
    const { pathname, search } = new URL(address)
    // The library's own deadline ends with the first byte of an answer; this one with its last.
    const signal = AbortSignal.any([AbortSignal.timeout(timeout_ms), ...(request.signal ? [request.signal] : [])])
    return fetch(url === undefined ? address : `${url.replace(/\/$/, '')}${pathname}${search}`, { ...request, signal, redirect: 'error' })
  }

interface Opened extends Pick<AdapterDeps, 'now'> {
  connection: Connection
  account_id: string
  exchange: Exchange
  apiKey: string
  secret: string
}

function sessionOf({ connection, account_id, exchange, apiKey, secret, now }: Opened): Session {
  let answeredAt: Date | null = null
  let shutUntil = 0
  const hidden = (error: unknown): string => plainText(error).replaceAll(apiKey, '…').replaceAll(secret, '…')
  /** Asked less, for a while, after the exchange said that it was too much: going on would lengthen a ban. */
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    const left = shutUntil - performance.now()
    if (left > 0) throw new BrokerConnectionError(sentence('RATE_LIMITED', { again_in_s: Math.ceil(left / 1000) }))
    try {
      const answer = await work()
      answeredAt = now()
      return answer
    } catch (error) {
      if (isOverload(error)) shutUntil = performance.now() + pauseOf(exchange)
      if (error instanceof Error && verdictOf(error) !== 'unknown') answeredAt = now()
      if (error instanceof Error) error.message = hidden(error)
      throw error
    }
  }
  const call = (method: string, params: Params) => {
    const endpoint = (exchange as unknown as Endpoints)[method]
    if (!endpoint) throw new BrokerError(sentence('NO_ENDPOINT', { exchange: connection.exchange, method }))
    return guarded(() => endpoint.call(exchange, params))
  }
  const syncClock = async () => {
    // Where an exchange tells no time, nothing is signed with one.
    if (!exchange.has.fetchTime) return
    const before = exchange.milliseconds()
    const served = Number(await guarded(() => exchange.fetchTime()))
    if (Number.isFinite(served)) exchange.options.timeDifference = Math.round((before + exchange.milliseconds()) / 2 - served)
  }
  const onceMore = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask().catch(async (error: unknown) => {
        if (verdictOf(error) !== 'clock') throw error
        await syncClock()
        return ask()
      })
    } catch (error) {
      throw questionFailed(error, name)
    }
  }
  const orNull = (error: unknown): null => {
    if (verdictOf(error) === 'missing') return null
    throw error
  }
  return {
    account_id,
    connection,
    exchange,
    apiKey,
    ask: (method, params = {}) => onceMore(method, () => call(method, { ...params })),
    find: (method, params) => onceMore(method, () => call(method, { ...params }).catch(orNull)),
    send: call,
    work: (name, work) => onceMore(name, () => guarded(() => work(exchange))),
    syncClock: () => onceMore('fetchTime', syncClock),
    sign: params => signed(secret, params),
    lastAnswerAt: () => answeredAt,
  }
}

/** As long as the exchange says, or some seconds. */
function pauseOf(exchange: Exchange): number {
  const headers = (exchange.last_response_headers ?? {}) as Record<string, string | undefined>
  const seconds = Number(headers['Retry-After'])
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 5_000
}

/** HMAC of parameters in alphabetical order, as the exchange's WebSocket asks for it. */
function signed(secret: string, params: Params): string {
  const text = Object.keys(params)
    .sort()
    .map(name => `${name}=${params[name]}`)
    .join('&')
  return createHmac('sha256', secret).update(text).digest('hex')
}
