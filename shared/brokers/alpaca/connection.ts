import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import { BrokerError } from '../broker.ts'

const LIVE_HOST = 'api.alpaca.markets'
const PAPER_HOST = 'paper-api.alpaca.markets'
const DATA_HOST = 'data.alpaca.markets'

const address = z.url({ protocol: /^https?$/ })

/** Settings of a broker's entry in the account hierarchy. A secret holds `KEY_ID:SECRET_KEY`, or the same as `{"key_id", "secret_key"}`. */
const connection = z.object({
  /** Name of the secret of all accounts that name none of their own; each Alpaca account has keys of its own. */
  secret: z.string().min(1).optional(),
  /** Names of secrets by account. */
  secrets: z.record(z.string(), z.string().min(1)).default({}),
  /** Another address than Alpaca's own, such as a simulator's; market data and the stream are asked there too. */
  base_url: address.optional(),
  /** Where quotes come from: `iex` is free, `sip` is every exchange. */
  feed: z.enum(['iex', 'sip', 'delayed_sip', 'otc', 'boats', 'overnight']).default('iex'),
  /** How long an answer may take, in ms. */
  deadline_ms: z.number().int().min(100).max(30_000).default(5_000),
  /** Requests a minute that Alpaca allows an account. */
  requests_per_minute: z.number().int().min(10).default(200),
})

export interface AccountPlace {
  account_id: string
  currency: string
  secret: string
  trading_url: string
  data_url: string
  stream_url: string
}

export interface Settings {
  accounts: ReadonlyMap<string, AccountPlace>
  feed: z.output<typeof connection>['feed']
  deadline_ms: number
  requests_per_minute: number
}

/** @throws BrokerError naming what of the connection is missing, wrong, or would let a paper account trade live */
export function readConnection({ broker_id, connection: given, accounts }: BrokerToOpen): Settings {
  const parsed = connection.safeParse(given)
  if (!parsed.success) throw wrong(broker_id, parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
  const { secret, secrets, base_url, ...rest } = parsed.data
  const places = accounts.map(({ account_id, currency, trading_mode }) => {
    const own = secrets[account_id] ?? secret
    if (own === undefined) throw wrong(broker_id, `account ${account_id} names no secret`)
    const url = base_url ?? `https://${trading_mode === 'LIVE' ? LIVE_HOST : PAPER_HOST}`
    const { hostname } = new URL(url)
    if (trading_mode !== 'LIVE' && hostname === LIVE_HOST) throw wrong(broker_id, `paper account ${account_id} at ${LIVE_HOST}`)
    if (trading_mode === 'LIVE' && hostname === PAPER_HOST) throw wrong(broker_id, `live account ${account_id} at ${PAPER_HOST}`)
    const trading_url = url.replace(/\/$/, '')
    return {
      account_id,
      currency,
      secret: own,
      trading_url,
      data_url: base_url === undefined || hostname.endsWith('.alpaca.markets') ? `https://${DATA_HOST}` : trading_url,
      stream_url: `${trading_url.replace(/^http/, 'ws')}/stream`,
    }
  })
  return { ...rest, accounts: new Map(places.map(place => [place.account_id, place])) }
}

const wrong = (broker_id: string, why: string) => new BrokerError(sentence('WRONG_CONNECTION', { broker_id, why }))

export interface Keys {
  key_id: string
  secret_key: string
}

const keys = z.object({ key_id: z.string().min(1), secret_key: z.string().min(1) })

/** The keys of an account as its secret has them now. @throws BrokerError that shows nothing of them */
export async function readKeys(deps: Pick<AdapterDeps, 'secret'>, { account_id, secret }: AccountPlace): Promise<Keys> {
  const text = (await deps.secret(secret)).trim()
  const colon = text.indexOf(':')
  const source = text.startsWith('{') ? jsonOrNull(text) : { key_id: text.slice(0, colon), secret_key: text.slice(colon + 1) }
  const parsed = keys.safeParse(source)
  if (!parsed.success || (colon < 1 && !text.startsWith('{'))) throw new BrokerError(sentence('UNREADABLE_SECRET', { account_id, secret }))
  return parsed.data
}

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
