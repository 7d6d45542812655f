import { editableFields, type NewStrategy, type StrategyUpdate } from '../../../shared/messages/strategy.ts'
import { sha256 } from '../../../shared/runtime/access.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { newSecret } from '../../../shared/runtime/strategy-secrets.ts'
import { accountsOf, readHierarchy } from '../../../shared/store/account-hierarchy.ts'
import { audited, type NewAuditLine } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { instrumentsById } from '../../../shared/store/instruments.ts'
import { newStrategyDocument } from '../../../shared/store/new-strategy.ts'
import { activeAllocation } from '../../../shared/store/portfolio-allocations.ts'
import { openPositionsOf } from '../../../shared/store/positions.ts'
import {
  changeStrategy,
  insertStrategy,
  noSecrets,
  type StrategyChanges,
  type StrategyConfiguration,
  strategyById,
  withoutSecrets,
} from '../../../shared/store/strategy-configurations.ts'
import { type Asked, auditOf } from '../person.ts'
import { staleStrategy, takenStrategy, unknownStrategy } from './refusals.ts'

/** The strategy of this id, unless it is deleted. @throws Problem 404 */
export async function knownStrategy(store: Store, strategy_id: string): Promise<StrategyConfiguration> {
  const found = await strategyById(store, strategy_id)
  if (!found || found.deleted_at) throw unknownStrategy(strategy_id)
  return found
}

/** @throws Problem 422 where an account is none of the fund's */
async function assertAccounts(store: Store, accounts: Pick<NewStrategy, 'account' | 'paper_account'>): Promise<void> {
  const fund = await readHierarchy(store)
  const known = fund ? accountsOf(fund).map(({ account }) => account.account_id) : []
  const errors = (['account', 'paper_account'] as const).flatMap(path => {
    const named = accounts[path]
    return named && !known.includes(named) ? [{ path, message: `${named} is none of ${known.join(', ')}` }] : []
  })
  if (errors.length > 0) throw new Problem({ status: 422, code: 'UNKNOWN_ACCOUNT', detail: 'The fund has no such account.', errors })
}

export interface Created {
  strategy: StrategyConfiguration
  secrets: { api_key: string; passphrase: string }
}

/** Makes a strategy; what is not given is the safe choice: INACTIVE, on paper, with every secret new. */
export async function createStrategy(store: Store, { reason, ...given }: NewStrategy, asked: Asked): Promise<Created> {
  await assertAccounts(store, given)
  const secrets = { api_key: newSecret('api_key', given.strategy_id), passphrase: newSecret('passphrase', given.strategy_id) }
  const hashes = { passphrase_hashes: [sha256(secrets.passphrase)], api_key_hashes: [sha256(secrets.api_key)] }
  const strategy = newStrategyDocument(given, { ...hashes, now: asked.now })
  await audited(store, async within => {
    if (!(await insertStrategy(store, strategy, within))) throw takenStrategy(strategy.strategy_id)
    return { result: null, line: { ...auditOf(asked, reason), what: 'strategy created', before: null, after: withoutSecrets(strategy) } }
  })
  return { strategy, secrets }
}

interface Change {
  /** The version that was read; null where any will do. */
  version: number | null
  what: string
  reason: string | undefined
  changes(before: StrategyConfiguration): StrategyChanges
  /** Throws where it must not be done. */
  check?(): Promise<void>
}

/** Changes a strategy and writes down who did. @throws Problem 404, or 409 with both versions where somebody was first */
async function change(store: Store, strategy_id: string, { version, what, reason, changes, check }: Change, asked: Asked) {
  return audited(store, async within => {
    const before = await knownStrategy(store, strategy_id)
    const read = version ?? before.version
    if (read !== before.version) throw staleStrategy(strategy_id, { yours: read, current: before })
    await check?.()
    const changed = { ...changes(before), updated_at: asked.now }
    const after = await changeStrategy(store, { strategy_id, version: read, changes: changed }, within)
    if (!after) throw staleStrategy(strategy_id, { yours: read, current: await knownStrategy(store, strategy_id) })
    const line: NewAuditLine = { ...auditOf(asked, reason), what, before: withoutSecrets(before), after: withoutSecrets(after) }
    return { result: after, line }
  })
}

export async function updateStrategy(store: Store, strategy_id: string, { version, reason, ...given }: StrategyUpdate, asked: Asked) {
  if (given.strategy_id !== undefined && given.strategy_id !== strategy_id) {
    throw new Problem({ status: 422, code: 'INVALID_INPUT', detail: 'strategy_id never changes: signals, orders and positions name it.' })
  }
  await assertAccounts(store, given)
  const wanted = Object.fromEntries(editableFields.flatMap(field => (given[field] === undefined ? [] : [[field, given[field]]])))
  return change(store, strategy_id, { version, what: 'strategy changed', reason, changes: () => wanted as StrategyChanges }, asked)
}

interface Removal {
  version: number | undefined
  reason: string | undefined
}

/** Takes a strategy out of sight and its keys out of force; its history stays. @throws Problem 409 while it has positions or weight */
export const deleteStrategy = (store: Store, strategy_id: string, { version = undefined, reason }: Removal, asked: Asked) =>
  change(
    store,
    strategy_id,
    {
      version: version ?? null,
      what: 'strategy deleted',
      reason,
      changes: () => ({
        deleted_at: asked.now,
        status: 'INACTIVE',
        include_in_optimization: false,
        ...noSecrets,
      }),
      check: () => assertUnused(store, strategy_id),
    },
    asked,
  )

async function assertUnused(store: Store, strategy_id: string): Promise<void> {
  const [open, allocation] = await Promise.all([openPositionsOf(store, strategy_id), activeAllocation(store)])
  const instruments = await instrumentsById(
    store,
    open.map(({ instrument_id }) => instrument_id),
  )
  // What fees have left beside whole lots cannot be sold, and keeps nobody.
  const positions = open.filter(({ instrument_id, quantity }) => quantity.abs().gte(instruments.get(instrument_id)?.lot ?? 0))
  const allocation_pct = allocation?.allocations[strategy_id] ?? 0
  if (positions.length === 0 && allocation_pct === 0) return
  throw new Problem({
    status: 409,
    code: 'STRATEGY_IN_USE',
    detail: `${strategy_id} has ${positions.length} open positions and a weight of ${allocation_pct} %. Exit them, and approve an allocation without it, first.`,
    figures: {
      allocation_pct,
      open_positions: positions.map(({ account_id, instrument, quantity }) => ({ account_id, ticker: instrument.symbol, quantity })),
    },
  })
}
