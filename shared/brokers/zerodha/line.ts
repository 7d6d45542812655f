import { KiteConnect } from 'kiteconnect'
import type { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'
import { type AccountPlace, type App, readApp, type Settings } from './connection.ts'
import { inWords, type Meaning, meaningOf, type Refusal, refusalOf } from './errors.ts'
import { type Login, readLogin } from './login.ts'
import type { Kind, Pace } from './pace.ts'
import { exactly } from './wire.ts'

/** What we use of Kite's client, whose own types leave much out. */
export interface KiteClient {
  requestInstance: { defaults: Record<string, unknown> }
  getProfile(): Promise<unknown>
  getMargins(): Promise<unknown>
  getOrders(): Promise<unknown>
  getTrades(): Promise<unknown>
  getOrderTrades(order_id: string): Promise<unknown>
  getPositions(): Promise<unknown>
  getHoldings(): Promise<unknown>
  getQuote(names: string[]): Promise<unknown>
  getHistoricalData(token: string, interval: string, from: string, to: string): Promise<unknown>
  getInstruments(exchange: string): Promise<unknown>
  orderMargins(orders: object[], mode: string | null): Promise<unknown>
  getvirtualContractNote(orders: object[]): Promise<unknown>
  placeOrder(variety: string, terms: object): Promise<unknown>
  modifyOrder(variety: string, order_id: string, terms: object): Promise<unknown>
  cancelOrder(variety: string, order_id: string): Promise<unknown>
}
type Constructor = new (given: { api_key: string; access_token: string; root: string; timeout: number }) => KiteClient

interface Question<S extends z.ZodType> {
  kind: Kind
  what: string
  schema: S
  from(client: KiteClient): Promise<unknown>
}

/** What came of a request to place, change or cancel. */
export type Sent = { kind: 'answered'; answer: unknown } | { kind: 'refused'; meaning: Meaning; reason: string }

/** One account's requests to Kite under its login of today. */
export interface Line {
  place: AccountPlace
  /** Asks, or shares the answer of a question of the same kind that is not sent yet. @throws BrokerConnectionError, BrokerError */
  ask<S extends z.ZodType>(question: Question<S>): Promise<z.output<S>>
  /** Sends once. @throws BrokerConnectionError where nothing was sent: no login, or no turn in time */
  send(what: string, request: (client: KiteClient) => Promise<unknown>): Promise<Sent>
  /** Today's login; null where there is none that counts. */
  login(fresh?: boolean): Promise<Login | null>
  app(): Promise<App>
  /** Whether Kite refused the token of now when it was last used. */
  isRefused(): Promise<boolean>
  last_message_at(): Date | null
}

interface LineDeps extends Pick<AdapterDeps, 'now' | 'secret'> {
  pace: Pace
}

export function openLine(settings: Settings, place: AccountPlace, { now, secret, pace }: LineDeps): Line {
  const { account_id } = place
  const sharing = new Map<string, Promise<unknown>>()
  let open: { token: string; client: KiteClient; secrets: string[] } | null = null
  let refused: string | null = null
  let heard: Date | null = null

  const login = async (fresh = false): Promise<Login | null> => {
    const found = await readLogin({ now, secret }, place, fresh)
    const ours = place.user_id === null || (found?.user_id ?? place.user_id) === place.user_id
    return ours ? found : null
  }

  /** The client of today's login. @throws BrokerConnectionError NEEDS_LOGIN */
  const connected = async (fresh: boolean) => {
    const found = (await login(fresh)) ?? (fresh ? null : await login(true))
    if (!found) throw needsLogin(account_id)
    const { access_token } = found
    if (open?.token === access_token) return open
    const { api_key, api_secret } = await readApp({ secret }, place)
    const client = new (KiteConnect as unknown as Constructor)({
      api_key,
      access_token,
      root: settings.url,
      timeout: settings.deadline_ms,
    })
    // Numbers as they were sent; and nothing is sent a second time because somebody says that it has moved.
    Object.assign(client.requestInstance.defaults, { parseReviver: exactly, maxRedirects: 0 })
    open = { token: access_token, client, secrets: [api_key, api_secret, access_token] }
    return open
  }

  /** Sends once, and once more where Kite refused the token and there is a newer one: a refused token means that nothing was taken. */
  const attempt = async (kind: Kind, request: (client: KiteClient) => Promise<unknown>): Promise<unknown | Failed> => {
    let answer = await once(kind, request, false)
    if (answer instanceof Failed && answer.meaning === 'login') {
      const before = open?.token
      if ((await login(true)) && (await connected(true)).token !== before) answer = await once(kind, request, true)
    }
    return answer
  }

  const once = async (kind: Kind, request: (client: KiteClient) => Promise<unknown>, fresh: boolean): Promise<unknown | Failed> => {
    const { client, token, secrets } = await connected(fresh)
    await pace(kind, settings.deadline_ms)
    const answer = await within(settings.deadline_ms + 500, () => request(client)).catch((error: unknown) => failed(error, secrets))
    const outcome = isRefusal(answer) ? failed(answer, secrets) : answer
    if (!(outcome instanceof Failed) || outcome.meaning === 'rejected') heard = now()
    if (outcome instanceof Failed && outcome.meaning === 'login') refused = token
    else if (!(outcome instanceof Failed)) refused = null
    return outcome
  }

  const asked = async <S extends z.ZodType>({ kind, what, schema, from }: Question<S>): Promise<z.output<S>> => {
    const answer = await attempt(kind, client => {
      sharing.delete(what)
      return from(client)
    })
    if (answer instanceof Failed) throw answer.asError(what, account_id)
    const parsed = schema.safeParse(answer)
    if (parsed.success) return parsed.data
    const at = parsed.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')} ${message}`)
    throw new BrokerError(sentence('UNREADABLE', { what, at: at.join('; ') }))
  }

  return {
    place,
    login,
    app: () => readApp({ secret }, place),
    isRefused: async () => refused !== null && (await login())?.access_token === refused,
    last_message_at: () => heard,
    ask: question => {
      const known = sharing.get(question.what)
      if (known !== undefined) return known as ReturnType<typeof asked<typeof question.schema>>
      const answer = asked(question).finally(() => {
        if (sharing.get(question.what) === answer) sharing.delete(question.what)
      })
      sharing.set(question.what, answer)
      return answer
    },
    send: async (what, request) => {
      const answer = await attempt('order', request)
      if (!(answer instanceof Failed)) return { kind: 'answered', answer }
      return { kind: 'refused', meaning: answer.meaning, reason: sentence(what, { reason: inWords(answer.refusal) }) }
    },
  }
}

export const needsLogin = (account_id: string) => new BrokerConnectionError(sentence('NEEDS_LOGIN', { account_id }))

/** A request that Kite refused, or whose answer did not come. */
class Failed extends Error {
  readonly refusal: Refusal
  readonly meaning: Meaning
  constructor(refusal: Refusal) {
    super(inWords(refusal))
    this.refusal = refusal
    this.meaning = meaningOf(refusal)
  }
  asError(what: string, account_id: string): BrokerError | BrokerConnectionError {
    if (this.meaning === 'login') return needsLogin(account_id)
    const text = sentence('NO_ANSWER', { what, reason: this.message })
    return this.meaning === 'unknown' || this.refusal.error_type === 'NetworkException'
      ? new BrokerConnectionError(text)
      : new BrokerError(text)
  }
}

/** The answers to several questions; where one fails, the others are over as well before that is told. */
export async function together<T extends readonly unknown[]>(asked: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  await Promise.allSettled(asked)
  return Promise.all(asked) as unknown as Promise<T>
}

const failed = (error: unknown, secrets: readonly string[]) => new Failed(refusalOf(error, secrets))

/** The client gives what it cannot read as an answer that looks like an error. */
const isRefusal = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && 'error_type' in answer

const within = <T>(limit_ms: number, work: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject({ error_type: 'NetworkException', message: `no answer in ${limit_ms} ms` }), limit_ms)
  })
  return Promise.race([work(), late]).finally(() => clearTimeout(timer))
}
