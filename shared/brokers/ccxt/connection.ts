import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import { BrokerError } from '../broker.ts'

const credentials = z.object({
  /** Names of secrets, never the secrets. */
  api_key: z.string().min(1),
  secret: z.string().min(1),
  /** Where the exchange wants one. */
  password: z.string().min(1).optional(),
})

const connection = z.object({
  /** As ccxt names it: `binance` (spot), `binanceusdm`, … */
  exchange: z.string().min(1),
  /** For every account that has no keys of its own in `accounts`. */
  ...credentials.partial().shape,
  accounts: z.record(z.string(), credentials).optional(),
  /** The exchange's own place for trying things out. */
  demo: z.boolean().default(false),
  /** Another address that answers in the exchange's place, on this machine: paths stay as they are. */
  url: z.url().optional(),
  stream_url: z.url().optional(),
  /** Coins that count as cash of the account's currency, one for one: `[USDT, USDC]` for an account in USD. */
  cash_assets: z.array(z.string()).default([]),
  /** Markets, as the exchange writes them, that are asked for executions beside those that the account is seen to use. */
  symbols: z.array(z.string()).default([]),
  recv_window_ms: z.number().int().min(1).max(60_000).default(5_000),
  /** Whether requests keep to the exchange's limits by themselves; off only where nobody counts them. */
  paced: z.boolean().default(true),
  timeout_ms: z.number().int().min(100).max(60_000).default(8_000),
})
export type Connection = z.output<typeof connection>
export type Credentials = z.output<typeof credentials>

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]'])

/** @throws BrokerError where a setting is missing or wrong */
export function readConnection(broker_id: string, settings: unknown): Connection {
  const read = connection.safeParse(settings)
  if (!read.success) throw new BrokerError(sentence('BAD_CONNECTION', { broker_id, message: z.prettifyError(read.error) }))
  for (const address of [read.data.url, read.data.stream_url])
    if (address !== undefined && !loopback.has(new URL(address).hostname))
      throw new BrokerError(sentence('BAD_CONNECTION', { broker_id, message: 'url and stream_url are for this machine only' }))
  return read.data
}

/** The names of an account's keys. @throws BrokerError where it has none */
export function credentialsOf({ accounts, api_key, secret, password }: Connection, account_id: string): Credentials {
  const own = accounts?.[account_id]
  if (own) return own
  if (api_key === undefined || secret === undefined) throw new BrokerError(sentence('NO_CREDENTIALS', { account_id }))
  return { api_key, secret, ...(password !== undefined && { password }) }
}
