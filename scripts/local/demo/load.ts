import type { z } from 'zod'
import { sha256 } from '../../../shared/runtime/access.ts'
import { seal } from '../../../shared/runtime/sealed.ts'
import { accountHierarchy, putHierarchy, readHierarchyNow } from '../../../shared/store/account-hierarchy.ts'
import type { Store, StoredCollection } from '../../../shared/store/collection.ts'
import { instruments } from '../../../shared/store/instruments.ts'
import { paperAccounts } from '../../../shared/store/paper-book.ts'
import { portfolioAllocations } from '../../../shared/store/portfolio-allocations.ts'
import { defaultSettings, settings } from '../../../shared/store/settings.ts'
import { strategyBacktestData } from '../../../shared/store/strategy-backtest-data.ts'
import { strategyConfigurations } from '../../../shared/store/strategy-configurations.ts'
import type { StrategySecrets } from '../runner/secrets.ts'
import { withSimulated } from '../simulated/add-to-fund.ts'
import { simulatedStrategies } from '../simulated/brokers.ts'
import { backtestOf } from './backtests.ts'
import { demoFund, openedBooks } from './fund.ts'
import { demoInstruments } from './instruments.ts'
import { type DemoStrategyPlan, demoStrategies } from './strategies.ts'

/** Puts documents where none with their key is; what is there stays as it is. */
async function putMissing(
  store: Store,
  into: StoredCollection<z.ZodType>,
  { key, documents }: { key: string; documents: readonly object[] },
): Promise<void> {
  const writes = documents
    .map(document => into.read(document) as Record<string, unknown>)
    .map(({ [key]: id, ...rest }) => ({ updateOne: { filter: { [key]: id }, update: { $setOnInsert: rest }, upsert: true } }))
  await into.in(store).bulkWrite(writes as never, { ordered: false })
}

interface Given {
  secrets: Record<string, StrategySecrets>
  /** Null: nobody signs. */
  sealing_key: string | null
  now: Date
  /** How the paper broker is reached; empty where it is in every process. */
  paperBroker: Record<string, string>
  /** The first port of the simulated brokers; null without them. */
  simulatorsPort: number | null
}

/** Whom the demo's sender signs in as. */
const DEMO_SENDER = 'demo_sender'

const strategyDocument = (plan: DemoStrategyPlan, { secrets, sealing_key, now }: Given) => {
  const { strategy_id, strategy_name, ticker, asset_class, account_id, notional_per_capital } = plan
  const secret = secrets[strategy_id]
  if (!secret) throw new Error(`no secrets were made for ${strategy_id}`)
  return {
    strategy_id,
    strategy_name,
    status: 'ACTIVE',
    trading_mode: 'PAPER',
    account: null,
    paper_account: account_id,
    notional_per_capital,
    include_in_optimization: true,
    risk_limits: { max_position_size: null, max_daily_loss: null },
    default_instrument: { ticker, asset_class },
    backtest_source: 'synthetic',
    sender_id: DEMO_SENDER,
    developer_contact: null,
    signal_format: null,
    max_signal_age: 900,
    sizing: 'full',
    emulate_stops: false,
    notes: 'Demo data',
    passphrase_hashes: [sha256(secret.passphrase)],
    api_key_hashes: [sha256(secret.api_key)],
    path_token_hashes: [],
    allowed_addresses: [],
    hmac_keys: sealing_key === null ? [] : [seal(secret.hmac_secret, { key: sealing_key, bound_to: strategy_id })],
    created_at: now,
    updated_at: now,
    version: 1,
  }
}

const allocationDocument = (now: Date, plans: readonly DemoStrategyPlan[]) => ({
  allocation_id: 'demo',
  timestamp: now,
  allocations: Object.fromEntries(plans.map(({ strategy_id, allocation_pct }) => [strategy_id, allocation_pct])),
  status: 'ACTIVE',
  source: 'demo',
  metrics: {},
  approved_by: null,
  approved_at: now,
})

/** Loads the demo fund. Doing it again changes nothing, nor does it undo what was changed since. */
export async function loadDemo(store: Store, given: Given): Promise<void> {
  const fund = demoFund(store.fund_id, given.paperBroker)
  const loaded_at = given.now
  const plans = [...demoStrategies, ...(given.simulatorsPort === null ? [] : simulatedStrategies)]
  const strategies = plans.map(plan => strategyDocument(plan, given))
  const backtests = plans.map(plan => ({ ...backtestOf(plan), loaded_at }))
  // Another allocation may be in force by now, and only one can be.
  const allocated = await portfolioAllocations.in(store).findOne({ status: 'ACTIVE' }, { projection: { _id: 1 } })
  await Promise.all([
    putMissing(store, accountHierarchy, { key: '_id', documents: [fund] }),
    putMissing(store, paperAccounts, { key: 'account_id', documents: openedBooks(fund) }),
    putMissing(store, instruments, { key: 'instrument_id', documents: demoInstruments }),
    putMissing(store, strategyConfigurations, { key: 'strategy_id', documents: strategies }),
    putMissing(store, strategyBacktestData, { key: 'strategy_id', documents: backtests }),
    putMissing(store, settings, { key: 'fund_id', documents: [defaultSettings(store.fund_id)] }),
    ...(allocated
      ? []
      : [putMissing(store, portfolioAllocations, { key: 'allocation_id', documents: [allocationDocument(loaded_at, plans)] })]),
  ])
  if (given.simulatorsPort !== null) await addSimulated(store, given.simulatorsPort)
}

/** Adds the simulated brokers to a fund that was loaded without them, or tells it their new addresses; the demo's allocation weighs them in. */
async function addSimulated(store: Store, firstPort: number): Promise<void> {
  const fund = await readHierarchyNow(store)
  if (fund) await putHierarchy(store, withSimulated(fund, firstPort))
  for (const { strategy_id, allocation_pct } of simulatedStrategies) {
    const weight = `allocations.${strategy_id}`
    await portfolioAllocations
      .in(store)
      .updateOne({ allocation_id: 'demo', status: 'ACTIVE', [weight]: { $exists: false } }, { $set: { [weight]: allocation_pct } })
  }
}
