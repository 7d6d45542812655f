import { z } from 'zod'
import { Decimal } from '../domain/money/decimal.ts'
import { constructorNames } from '../domain/portfolio/problem.ts'
import type { Alert } from '../messages/alert.ts'
import { decimal } from '../messages/codecs.ts'
import { collection, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes, toOutbox } from './outbox.ts'
import { readAll } from './query.ts'
import type { Transaction } from './transaction.ts'

export const switchPosition = z.enum(['ACTIVE', 'REDUCING', 'HALTED'])

/** How weights are found each night (POR-12); fractions of equity, losses positive, one day. Null: no such limit. */
const optimization = z.object({
  constructor_name: z.enum(constructorNames),
  /** Highest CVaR 95. */
  cvar_limit: z.number().positive().nullable(),
  /** Σw ≤ budget. */
  budget: z.number().positive(),
  /** Highest weight of one strategy. */
  cap: z.number().positive(),
  /** Highest margin of all. */
  margin_limit: z.number().positive().max(0.4),
  cdar_limit: z.number().positive().nullable(),
  max_drawdown: z.number().positive().nullable(),
  /** Strategies correlated above it share one cap. */
  share_cap_above: z.number().min(0).max(1).nullable(),
})
export type OptimizationSettings = z.output<typeof optimization>

const setting = z.object({
  fund_id: z.string(),
  /** What people wrote by hand may name one switch only. */
  kill_switch: z
    .object({
      fund: switchPosition.default('ACTIVE'),
      accounts: z.record(z.string(), switchPosition).default({}),
      strategies: z.record(z.string(), switchPosition).default({}),
    })
    .default({ fund: 'ACTIVE', accounts: {}, strategies: {} }),
  /** Largest share of equity that margin may use, in percent, on an account and over the fund. */
  margin_limit_pct: decimal.default(new Decimal(40)),
  /** Percent of its paper account that a strategy without weight is sized at. */
  test_allocation_pct: decimal.default(new Decimal(5)),
  /** Seconds after which an account's state is too old to decide an entry by (CER-1). */
  max_state_age: z.number().default(600),
  /** Largest share of a trade's expected return that the price may have run away (CER-5). */
  slippage_limit: z.number().default(0.3),
  /** Seconds after which an entry without a price to compare with is too old (CER-5). */
  slippage_unknown_after: z.number().default(60),
  /** Largest CVaR 95 of the fund, one day, as a fraction of its equity (CER-6). */
  cvar_limit: z.number().default(0.02),
  /** Above this correlation, two strategies share a limit on their joint weight. */
  correlation_threshold: z.number().default(0.8),
  /** That limit, in percent of equity. */
  correlation_weight_limit_pct: z.number().default(40),
  /** At this share of equity in use as margin, in percent, positions are closed pro rata (CER-4a). */
  deleverage_pct: decimal.default(new Decimal(60)),
  /** Trades appear on the public page after this. */
  public_trade_delay_s: z.number().default(0),
  optimization: optimization.default({
    constructor_name: 'max_return_cvar',
    cvar_limit: 0.02,
    budget: 2,
    cap: 0.5,
    margin_limit: 0.4,
    cdar_limit: null,
    max_drawdown: null,
    share_cap_above: 0.95,
  }),
  /** Whether an allocation needs the approval of two people. */
  four_eyes: z.boolean().default(false),
  version: z.number().default(1),
  ...outbox,
})
export type Settings = z.output<typeof setting>

export const settings = collection('settings', {
  schema: setting,
  indexes: [{ key: { fund_id: 1 }, unique: true }, ...outboxIndexes],
  retention: 'forever',
})

/** What holds for a fund that has changed nothing. */
export const defaultSettings = (fund_id: string): Settings =>
  setting.parse({
    fund_id,
    kill_switch: { fund: 'ACTIVE', accounts: {}, strategies: {} },
    margin_limit_pct: '40',
    test_allocation_pct: '5',
    public_trade_delay_s: 0,
  })

export const settingsQuery = ({ fund_id }: Store) => ({ in: settings, filter: { fund_id } })

export async function readSettings(store: Store): Promise<Settings> {
  const [found] = await readAll(store, settingsQuery(store))
  return found ?? defaultSettings(store.fund_id)
}

const ensureSettings = async (store: Store, within: Transaction = {}): Promise<void> => {
  const { outbox: _, ...first } = defaultSettings(store.fund_id)
  await settings.in(store).updateOne({ fund_id: store.fund_id }, { $setOnInsert: first }, { upsert: true, ...within })
}

const alertMessage = (alert: Alert) =>
  toOutbox({ topic: 'alerts', ordering_key: '', attributes: { severity: alert.severity }, data: alert, at: alert.at })

/** Has an alert sent that belongs to no other document. Its caller flushes `settings` under the ordering key ''. */
export async function putAlert(store: Store, alert: Alert): Promise<void> {
  await ensureSettings(store)
  await settings.in(store).updateOne({ fund_id: store.fund_id }, update({ $push: { outbox: alertMessage(alert) } }))
}

/**
 * Lets an account take exits only, with the alert that tells of it; tells whether it was ACTIVE before. What is stricter stays. Its caller
 * flushes `settings` under the ordering key ''.
 */
export async function reduceAccount(
  store: Store,
  { account_id, alert, within = {} }: { account_id: string; alert: Alert; within?: Transaction },
): Promise<boolean> {
  await ensureSettings(store, within)
  const path = pathOf({ kind: 'account', id: account_id })
  const changed = await settings
    .in(store)
    .updateOne(
      { fund_id: store.fund_id, [path]: { $nin: ['REDUCING', 'HALTED'] } },
      update({ $set: { [path]: 'REDUCING' }, $push: { outbox: alertMessage(alert) } }),
      within,
    )
  return changed.modifiedCount === 1
}

export type SwitchPosition = z.output<typeof switchPosition>

export type SwitchScope = { kind: 'fund' } | { kind: 'account' | 'strategy'; id: string }

const pathOf = (scope: SwitchScope): string => {
  if (scope.kind === 'fund') return 'kill_switch.fund'
  return scope.kind === 'account' ? `kill_switch.accounts.${scope.id}` : `kill_switch.strategies.${scope.id}`
}

/**
 * Sets a kill switch, with the message that makes `collect-signals` have Cerebro decide held exits again at once; returns where it stood
 * before. Its caller flushes `settings` under the ordering key ''.
 */
export async function setKillSwitch(
  store: Store,
  { scope, position, at }: { scope: SwitchScope; position: SwitchPosition; at: Date },
  within: Transaction = {},
): Promise<SwitchPosition> {
  await ensureSettings(store, within)
  const message = toOutbox({
    topic: 'run-collect-signals',
    ordering_key: '',
    attributes: { cause: 'kill switch' },
    data: { scheduled_at: at },
    at,
  })
  const before = await settings
    .in(store)
    .findOneAndUpdate({ fund_id: store.fund_id }, update({ $set: { [pathOf(scope)]: position }, $push: { outbox: message } }), within)
  const { kill_switch } = before ? settings.read(before) : defaultSettings(store.fund_id)
  if (scope.kind === 'fund') return kill_switch.fund
  return (scope.kind === 'account' ? kill_switch.accounts : kill_switch.strategies)[scope.id] ?? 'ACTIVE'
}

/** Changes the version of the settings that was read; null where they have moved on since. */
export async function changeSettings(
  store: Store,
  { version, changes }: { version: number; changes: Record<string, unknown> },
  within: Transaction,
): Promise<Settings | null> {
  const { fund_id } = store
  const { version: _version, fund_id: _fund, outbox: _outbox, ...rest } = defaultSettings(fund_id)
  await settings.in(store).updateOne({ fund_id }, update({ $setOnInsert: { ...rest, version: 1 } }), { upsert: true, ...within })
  // Settings from before there were versions have none.
  const read = version === 1 ? { $in: [1, null] } : version
  const changed = await settings
    .in(store)
    .findOneAndUpdate({ fund_id, version: read }, update({ $set: { ...changes, version: version + 1 } }), {
      returnDocument: 'after',
      ...within,
    })
  return readOrNull(settings, changed)
}
