import { Alpaca, ApiError, FetchError } from '@alpacahq/alpaca-trade-api/rest'
import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'
import { type AccountPlace, type Keys, readKeys, type Settings } from './connection.ts'
import { inWords, meaningOf, type Refusal } from './errors.ts'
import { pace } from './pace.ts'
import { parseExactly } from './wire.ts'

type Call = (api: Alpaca) => Promise<{ raw: Response }>

/** What came of a request about an order. */
export type Attempt = { kind: 'answered'; text: string } | { kind: 'refused'; refusal: Refusal } | { kind: 'lost'; reason: string }

/** The way to one account of Alpaca's, with keys of its own. */
export interface Line {
  place: AccountPlace
  /** @throws BrokerConnectionError without an answer in time; BrokerError where it is refused or makes no sense */
  read<T>(question: string, schema: z.ZodType<T>, call: Call): Promise<T>
  /** The same, but null where Alpaca says that there is none. */
  find<T>(question: string, schema: z.ZodType<T>, call: Call): Promise<T | null>
  /** Never throws, and never sends twice. */
  attempt(call: Call): Promise<Attempt>
  keys(): Promise<Keys>
  lastAnswer(): Date | null
}

const DATA_HOST = 'data.alpaca.markets'
const TOO_MANY = 429
const REST_MS = 10_000
const withoutBody = new Set([204, 205, 304])

export function openLine(place: AccountPlace, { deadline_ms, requests_per_minute }: Settings, deps: AdapterDeps): Line {
  const paces = { trading: pace(requests_per_minute), data: pace(requests_per_minute) }
  let last: Date | null = null
  let opened: { keys: string; api: Alpaca } | null = null

  /** The library's fetch: at our address, once, and whole within the deadline. */
  const fetchApi = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const asked = new URL(input instanceof Request ? input.url : input)
    const target = `${asked.hostname === DATA_HOST ? place.data_url : place.trading_url}${asked.pathname}${asked.search}`
    const limit = asked.hostname === DATA_HOST ? paces.data : paces.trading
    if (!limit.take(init?.method === undefined || init.method === 'GET' ? 'question' : 'order')) throw new PacedError()
    const response = await fetch(target, { ...init, redirect: 'error', signal: AbortSignal.timeout(deadline_ms) })
    const text = await response.text()
    last = deps.now()
    if (response.status === TOO_MANY) limit.rest(restOf(response))
    return new Response(withoutBody.has(response.status) ? null : text, { status: response.status, headers: response.headers })
  }

  const open = async (): Promise<Alpaca> => {
    const own = await readKeys(deps, place)
    const keys = JSON.stringify(own)
    if (opened?.keys === keys) return opened.api
    // No retries of its own: even a question that is asked again is ours to count.
    const api = new Alpaca({ keyId: own.key_id, secret: own.secret_key, timeoutMs: 0, retry: false, rateLimit: false, fetchApi })
    opened = { keys, api }
    return api
  }

  const find = async <T>(question: string, schema: z.ZodType<T>, call: Call): Promise<T | null> => {
    const api = await open()
    const answered = await outcomeOf(() => call(api))
    if (answered.kind === 'refused' && answered.refusal.status === 404) return null
    if (answered.kind !== 'answered') throw faultOf(question, answered)
    return readable(question, schema, answered.text)
  }

  return {
    place,
    find,
    keys: () => readKeys(deps, place),
    lastAnswer: () => last,
    async read(question, schema, call) {
      const found = await find(question, schema, call)
      if (found === null) throw new BrokerError(sentence('NOT_FOUND', { account_id: place.account_id, question }))
      return found
    },
    async attempt(call) {
      try {
        const api = await open()
        return await outcomeOf(() => call(api))
      } catch (error) {
        // Its secret could not be read: nothing was sent.
        return { kind: 'refused', refusal: { status: 0, code: null, message: error instanceof BrokerError ? error.message : 'no keys' } }
      }
    },
  }
}

/** Thrown before anything was sent. */
class PacedError extends Error {
  override readonly name = 'PacedError'
}

const refusalBody = z.object({ code: z.union([z.string(), z.number()]).nullish(), message: z.string().nullish() })

async function outcomeOf(call: () => Promise<{ raw: Response }>): Promise<Attempt> {
  try {
    const { raw } = await call()
    return { kind: 'answered', text: await raw.text() }
  } catch (error) {
    if (error instanceof ApiError) return { kind: 'refused', refusal: refusalOf(error.status, await error.response.text()) }
    const cause = error instanceof FetchError ? error.cause : error
    if (cause instanceof PacedError) return { kind: 'refused', refusal: { status: TOO_MANY, code: null, message: 'RATE_LIMITED by us' } }
    return { kind: 'lost', reason: sentence('NO_ANSWER', { why: whyOf(cause) }) }
  }
}

function refusalOf(status: number, text: string): Refusal {
  try {
    const body = refusalBody.safeParse(JSON.parse(text))
    if (!body.success) return { status, code: null, message: null }
    const code = Number(body.data.code ?? Number.NaN)
    return { status, code: Number.isFinite(code) ? code : null, message: body.data.message ?? null }
  } catch {
    return { status, code: null, message: null }
  }
}

/** A word for what went wrong on the way: never the library's text, which may quote the request. */
const whyOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const { code, name } = inner as { code?: unknown; name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
}

function faultOf(question: string, outcome: Exclude<Attempt, { kind: 'answered' }>): Error {
  if (outcome.kind === 'lost') return new BrokerConnectionError(`${outcome.reason}, question=${question}`)
  const { refusal } = outcome
  const words = `${inWords(refusal)}, question=${question}`
  const passing = refusal.status === TOO_MANY || meaningOf(refusal) === 'unknown'
  return passing ? new BrokerConnectionError(words) : new BrokerError(words)
}

/** @throws BrokerError */
export function readable<T>(question: string, schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(jsonOrUndefined(text))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')} ${message}`)
  throw new BrokerError(sentence('UNREADABLE', { question, where: where.join('; ') }))
}

const jsonOrUndefined = (text: string): unknown => {
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

const restOf = ({ headers }: Response): number => {
  const reset = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000 - Date.now()
  const after = Number(headers.get('retry-after') ?? Number.NaN) * 1000
  const told = [after, reset].find(each => Number.isFinite(each) && each > 0)
  return Math.min(told ?? REST_MS, 60_000)
}
