import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import { BrokerError } from '../broker.ts'

const KITE = 'https://api.kite.trade'
const TICKER = 'wss://ws.kite.trade'
const LOGIN = 'https://kite.zerodha.com/connect/login'

const carried = z.enum(['NRML', 'MIS'])

/** Settings of a broker's entry in the account hierarchy. A secret holds `{"api_key", "api_secret"}`, or the same as `KEY:SECRET`. */
const connection = z.object({
  /** Name of the secret of all accounts that name none of their own. */
  secret: z.string().min(1).optional(),
  /** Names of secrets by account. */
  secrets: z.record(z.string(), z.string().min(1)).default({}),
  /** Zerodha's user ids by account: a login of anybody else is not taken. */
  users: z.record(z.string(), z.string().min(1)).default({}),
  /** Another address than Zerodha's own, such as a simulator's; the ticker is there too. */
  base_url: z.url({ protocol: /^https?$/ }).optional(),
  ticker_url: z.url({ protocol: /^wss?$/ }).optional(),
  login_url: z.url({ protocol: /^https?$/ }).optional(),
  /** Margin product by asset class. */
  products: z
    .object({ EQUITY: z.enum(['CNC', 'MIS']).default('CNC'), FUTURE: carried.default('NRML'), OPTION: carried.default('NRML') })
    .prefault({}),
  /** How far, in percent, a market order may run from the last price; -1 leaves it to the exchange's own band. */
  market_protection: z.number().min(-1).max(100).default(-1),
  /** How long an answer may take, in ms. */
  deadline_ms: z.number().int().min(100).max(30_000).default(5_000),
})

type Connection = z.output<typeof connection>

export interface AccountPlace {
  account_id: string
  currency: string
  /** Names of the secrets of the app, and of today's login. */
  secret: string
  login_secret: string
  user_id: string | null
}

export interface Settings extends Pick<Connection, 'products' | 'market_protection' | 'deadline_ms'> {
  broker_id: string
  accounts: ReadonlyMap<string, AccountPlace>
  url: string
  ticker_url: string
  login_url: string
}

/** @throws BrokerError naming what of the connection is missing or wrong */
export function readConnection({ broker_id, connection: given, accounts }: BrokerToOpen): Settings {
  const parsed = connection.safeParse(given)
  if (!parsed.success) throw wrong(broker_id, parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
  const { secret, secrets, users, base_url, ticker_url, login_url, ...rest } = parsed.data
  const places = accounts.map(({ account_id, currency }): AccountPlace => {
    const own = secrets[account_id] ?? secret
    if (own === undefined) throw wrong(broker_id, `account ${account_id} names no secret`)
    return { account_id, currency, secret: own, login_secret: loginSecret(own, account_id), user_id: users[account_id] ?? null }
  })
  const url = (base_url ?? KITE).replace(/\/$/, '')
  return {
    ...rest,
    broker_id,
    accounts: new Map(places.map(place => [place.account_id, place])),
    url,
    ticker_url: ticker_url ?? (base_url === undefined ? TICKER : `${url.replace(/^http/, 'ws')}/ticker`),
    login_url: login_url ?? (base_url === undefined ? LOGIN : `${url}/connect/login`),
  }
}

const wrong = (broker_id: string, why: string) => new BrokerError(sentence('WRONG_CONNECTION', { broker_id, why }))

const loginSecret = (secret: string, account_id: string): string =>
  `${secret}-login-${account_id.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`

export interface App {
  api_key: string
  api_secret: string
  /** Where people keep today's token themselves. */
  access_token: string | null
}

const text = z.string().min(1)
const app = z.object({ api_key: text, api_secret: text, access_token: text.nullish().transform(token => token ?? null) })

/** The app of an account as its secret has it now. @throws BrokerError that shows nothing of it */
export async function readApp(deps: Pick<AdapterDeps, 'secret'>, { account_id, secret }: AccountPlace): Promise<App> {
  const held = (await deps.secret(secret)).trim()
  const [api_key, api_secret] = held.split(':')
  const parsed = app.safeParse(held.startsWith('{') ? jsonOrNull(held) : { api_key, api_secret })
  if (!parsed.success) throw new BrokerError(sentence('UNREADABLE_SECRET', { account_id, secret }))
  return parsed.data
}

export const jsonOrNull = (held: string): unknown => {
  try {
    return JSON.parse(held)
  } catch {
    return null
  }
}

/** Where a person logs in at Zerodha; it sends them back with a request token. */
export const loginUrlOf = ({ login_url }: Pick<Settings, 'login_url'>, { api_key }: Pick<App, 'api_key'>): string =>
  `${login_url}?${new URLSearchParams({ v: '3', api_key })}`
