import { z } from 'zod'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { assetClass } from '../messages/instrument.ts'
import { tradingMode } from '../messages/signal.ts'
import { sizing, strategyStatus } from '../messages/strategy.ts'
import { cached } from './cached.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { readPage } from './page.ts'
import { readOne, readTogether } from './query.ts'
import type { Transaction } from './transaction.ts'

const secretHashes = z.array(z.string()).max(2)

const strategyConfiguration = z.object({
  strategy_id: identifier,
  strategy_name: z.string(),
  status: strategyStatus,
  trading_mode: tradingMode,
  /** The account it trades live in. */
  account: identifier.nullable(),
  paper_account: identifier.nullable(),
  /** Notional that one unit of its backtest's equity carried. */
  notional_per_capital: decimal,
  include_in_optimization: z.boolean(),
  /** USD; null where there is no limit. */
  risk_limits: z.object({ max_position_size: decimal.nullable(), max_daily_loss: decimal.nullable() }),
  default_instrument: z.object({ ticker: z.string(), asset_class: assetClass }).nullable(),
  backtest_source: z.string().nullable(),
  sender_id: identifier.nullable(),
  developer_contact: z.string().nullable(),
  /** Null: picked by shape. */
  signal_format: z.string().nullable(),
  /** Seconds after which an entry is too old. */
  max_signal_age: z.number(),
  sizing,
  emulate_stops: z.boolean(),
  notes: z.string(),
  passphrase_hashes: secretHashes,
  api_key_hashes: secretHashes,
  /** Of `POST /api/v1/signals/{token}`. */
  path_token_hashes: secretHashes.default([]),
  /** Addresses, or ranges such as 10.0.0.0/8, from which the path token is taken; empty: from anywhere. */
  allowed_addresses: z.array(z.string()).default([]),
  /** Keys of `X-Signature`, sealed under the secret `hmac-encryption-key`. */
  hmac_keys: z.array(z.string()).max(2).default([]),
  created_at: date,
  updated_at: date,
  /** When it was removed from sight; its history stays. */
  deleted_at: date.nullable().optional(),
  version: z.number(),
})
export type StrategyConfiguration = z.output<typeof strategyConfiguration>

/** The fields that hold secrets in any form: they are shown to nobody and kept in no log. */
export const noSecrets = {
  passphrase_hashes: [],
  api_key_hashes: [],
  path_token_hashes: [],
  hmac_keys: [],
} satisfies Partial<StrategyConfiguration>

/** A strategy as it may be shown or written down. */
export const withoutSecrets = (strategy: StrategyConfiguration): Omit<StrategyConfiguration, keyof typeof noSecrets> => {
  const { passphrase_hashes: _passphrases, api_key_hashes: _keys, path_token_hashes: _tokens, hmac_keys: _signing, ...rest } = strategy
  return rest
}

export const strategyConfigurations = collection('strategy_configurations', {
  schema: strategyConfiguration,
  indexes: [
    { key: { strategy_id: 1 }, unique: true },
    { key: { strategy_name: 1 } },
    { key: { api_key_hashes: 1 } },
    { key: { path_token_hashes: 1 } },
    { key: { status: 1, strategy_id: 1 } },
  ],
  retention: 'forever',
})

export const strategyQuery = (strategy_id: string) => ({ in: strategyConfigurations, filter: { strategy_id } })

export const strategyById = (store: Store, strategy_id: string) => readOne(store, strategyQuery(strategy_id))

interface Facts {
  notionals: ReadonlyMap<string, number>
  accounts: ReadonlyMap<string, readonly string[]>
}

const fact = z.object({
  strategy_id: z.string(),
  notional_per_capital: z.unknown().transform(value => Number(String(value))),
  account: z.string().nullish(),
  paper_account: z.string().nullish(),
})
const factsQuery = {
  in: strategyConfigurations,
  filter: {},
  fields: ['strategy_id', 'notional_per_capital', 'account', 'paper_account'],
  part: fact,
}

const readFacts = cached(async (store): Promise<Facts> => {
  const { found } = await readTogether(store, { found: factsQuery })
  return {
    notionals: new Map(found.map(each => [each.strategy_id, each.notional_per_capital])),
    accounts: new Map(found.map(each => [each.strategy_id, [each.account, each.paper_account].filter(id => typeof id === 'string')])),
  }
})

/** `notional_per_capital` of every strategy, for risk; at most a second old. */
export const notionalsPerCapital = async (store: Store): Promise<ReadonlyMap<string, number>> =>
  (await readFacts(store, 'all'))?.notionals ?? new Map()

/** The accounts that each strategy may trade in, at most a second old. */
export const accountsOfStrategies = async (store: Store): Promise<ReadonlyMap<string, readonly string[]>> =>
  (await readFacts(store, 'all'))?.accounts ?? new Map()

/** Strategies of an account that may lose only so much a day. */
export async function strategiesWithLossLimit(store: Store, account_id: string): Promise<string[]> {
  const limited = { 'risk_limits.max_daily_loss': { $ne: null }, $or: [{ account: account_id }, { paper_account: account_id }] }
  const found = await strategyConfigurations
    .in(store)
    .find(limited, { projection: { strategy_id: 1 } })
    .toArray()
  return found.map(({ strategy_id }) => String(strategy_id))
}

/** A strategy by its id, or else by a name that only one has; null otherwise. */
export async function strategyByReference(store: Store, reference: string): Promise<StrategyConfiguration | null> {
  const byId = await strategyById(store, reference)
  if (byId) return byId
  const named = await strategyConfigurations.in(store).find({ strategy_name: reference }).limit(2).toArray()
  return named.length === 1 ? readOrNull(strategyConfigurations, named[0]) : null
}

/** The strategy whose key has this hash. Uses (api_key_hashes). */
export async function strategyOfApiKey(store: Store, hash: string): Promise<string | null> {
  const found = await strategyConfigurations.in(store).findOne({ api_key_hashes: hash }, { projection: { strategy_id: 1 } })
  return found?.strategy_id ?? null
}

export interface StrategyFilter {
  status?: StrategyConfiguration['status'] | undefined
  account?: string | undefined
  mode?: StrategyConfiguration['trading_mode'] | undefined
  include_in_optimization?: boolean | undefined
  search?: string | undefined
}

/** Strategies that fit, by their id. Uses (strategy_id). */
export const strategiesPage = (
  store: Store,
  { search, mode, account, ...exact }: StrategyFilter,
  page: { cursor: string | undefined; limit: number },
) => {
  const found = { $regex: (search ?? '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), $options: 'i' }
  const conditions = [
    ...(search ? [{ $or: [{ strategy_id: found }, { strategy_name: found }, { notes: found }] }] : []),
    ...(account ? [{ $or: [{ account }, { paper_account: account }] }] : []),
    ...(mode ? [{ trading_mode: mode }] : []),
    ...Object.entries(exact).flatMap(([field, value]) => (value === undefined ? [] : [{ [field]: value }])),
  ]
  return readPage(store, strategyConfigurations, {
    filter: { $and: [{ deleted_at: null }, ...conditions] },
    by: ['strategy_id'],
    direction: 1,
    ...page,
  })
}

/** The strategy whose path token has this hash. Uses (path_token_hashes). */
export const strategyOfPathToken = async (store: Store, hash: string) =>
  readOrNull(strategyConfigurations, await strategyConfigurations.in(store).findOne({ path_token_hashes: hash }))

export const allStrategies = async (store: Store) => {
  const found = await strategyConfigurations.in(store).find({ deleted_at: null }).sort({ strategy_id: 1 }).toArray()
  return found.map(strategyConfigurations.read)
}

/** The account that a strategy trades in: the one of its mode; TESTING is always paper. */
export const accountOf = (strategy: StrategyConfiguration): { account_id: string | null; trading_mode: 'LIVE' | 'PAPER' } => {
  const live = strategy.trading_mode === 'LIVE' && strategy.status !== 'TESTING'
  return live ? { account_id: strategy.account, trading_mode: 'LIVE' } : { account_id: strategy.paper_account, trading_mode: 'PAPER' }
}

/** Stores a new strategy; false where its id is taken, be it by a deleted one. */
export async function insertStrategy(store: Store, strategy: StrategyConfiguration, within: Transaction): Promise<boolean> {
  try {
    await strategyConfigurations.in(store).insertOne({ ...strategy }, within)
    return true
  } catch (error) {
    if (isDuplicateKey(error, 'strategy_id')) return false
    throw error
  }
}

export type StrategyChanges = Partial<Omit<StrategyConfiguration, 'strategy_id' | 'created_at' | 'version'>>

/** Changes the version of a strategy that was read; null where it has moved on since. */
export async function changeStrategy(
  store: Store,
  { strategy_id, version, changes }: { strategy_id: string; version: number; changes: StrategyChanges },
  within: Transaction,
): Promise<StrategyConfiguration | null> {
  const changed = await strategyConfigurations
    .in(store)
    .findOneAndUpdate({ strategy_id, version }, update({ $set: changes, $inc: { version: 1 } }), { returnDocument: 'after', ...within })
  return readOrNull(strategyConfigurations, changed)
}
