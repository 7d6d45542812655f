import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'
import { readAll } from './query.ts'

const figures = z.record(z.string(), z.number().nullable())

const units = z.record(z.string(), z.number())

/** What whole lots of the default instruments need, and what the weights buy as capital grows (POR-8), in the fund's currency. */
const accountSizes = z.object({
  min_equity: z.number().nullable(),
  /** Where the search was given up: the equity up to which there is none. */
  none_up_to: z.number().nullable().optional(),
  units,
  affordable_from: figures,
  ladder: z.array(
    z.object({
      capital: z.number(),
      units,
      unaffordable: z.array(z.string()),
      margin_use: z.number(),
      cvar_use: z.number(),
      within_limits: z.boolean(),
    }),
  ),
  unpriced: z.array(z.string()),
})

/** Combinatorial purged cross-validation of the constructor: `path_sharpes` are of whole histories out of sample, one after another. */
const crossValidation = z.object({
  folds: z.number(),
  test_folds: z.number(),
  purge: z.number(),
  embargo: z.number(),
  splits: z.number(),
  path_sharpes: z.array(z.number().nullable()),
  in_sample: figures,
  out_of_sample: figures,
})

/** What the fund has earned beside what backtests say of the weights that were in force, as wealth from 1. */
const live = z.object({
  trading_mode: z.string(),
  dates: z.array(z.string()),
  backtest: z.array(z.number()),
  live: z.array(z.number()),
  backtest_sharpe: z.number().nullable(),
  live_sharpe: z.number().nullable(),
  correlation: z.number().nullable(),
  /** Of the backtest’s Sharpe ratio over as many days. */
  expected: z.object({ low: z.number(), high: z.number(), confidence: z.number() }).nullable(),
})

/** One question to the engine and its answer, research or nightly (POR-12). */
const optimizationRun = z.object({
  run_id: z.string(),
  kind: z.enum(['recommendation', 'research']),
  status: z.enum(['queued', 'done', 'infeasible', 'failed']),
  name: z.string().nullable(),
  requested_by: z.string(),
  requested_at: date,
  finished_at: date.nullable(),
  /** Of the fund, YYYY-MM-DD. */
  day: z.string(),
  constructor_name: z.string(),
  /** What was asked for: limits, measure, strategies. */
  settings: z.record(z.string(), z.unknown()),
  /** SHA-256 of everything that the answer depends on. */
  inputs_hash: z.string().nullable(),
  inputs: z.array(
    z.object({
      strategy_id: z.string(),
      source_hash: z.string(),
      margin_per_unit: z.number(),
      capital_per_unit: z.number().nullable().optional(),
    }),
  ),
  excluded: z.array(z.object({ strategy_id: z.string(), code: z.string(), reason: z.string() })),
  /** Names the rows and columns of `correlation`. */
  strategies: z.array(z.string()),
  correlation: z.array(z.array(z.number().nullable())),
  /** Fractions of equity. */
  weights: z.record(z.string(), z.number()),
  /** The same in percent. */
  allocations: z.record(z.string(), z.number()),
  objective: z.number().nullable(),
  /** Limits that the weights rest on. */
  binding: z.array(z.string()),
  metrics: figures,
  /** What the constructor would have earned on days that it had not seen (POR-10). */
  out_of_sample: figures.nullable(),
  cross_validation: crossValidation.nullable().optional(),
  live: live.nullable().optional(),
  account: accountSizes.nullable().optional(),
  warnings: z.array(z.string()),
  /** Where infeasible: which limit, and the nearest value with which it would not be. */
  obstacles: z.array(z.object({ constraint: z.string(), limit: z.number(), nearest: z.number() })),
  /** Why it failed. */
  reason: z.string().nullable(),
  allocation_id: z.string().nullable(),
  ...outbox,
})
export type OptimizationRun = z.output<typeof optimizationRun>

export const portfolioOptimizationRuns = collection('portfolio_optimization_runs', {
  schema: optimizationRun,
  indexes: [
    { key: { run_id: 1 }, unique: true },
    // A day's inputs are solved once.
    { key: { day: 1, inputs_hash: 1 }, unique: true, partialFilterExpression: { kind: 'recommendation' } },
    { key: { requested_at: -1, run_id: -1 } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

export const runById = async (store: Store, run_id: string) =>
  readOrNull(portfolioOptimizationRuns, await portfolioOptimizationRuns.in(store).findOne({ run_id }))

/** Stores a run; the recommendation of the same day and inputs that is there already wins and is returned. */
export async function insertRun(store: Store, run: OptimizationRun): Promise<OptimizationRun> {
  try {
    await portfolioOptimizationRuns.in(store).insertOne({ ...run })
    return run
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const { day, inputs_hash } = run
    const there = await portfolioOptimizationRuns.in(store).findOne({ kind: 'recommendation', day, inputs_hash })
    if (!there) throw error
    return portfolioOptimizationRuns.read(there)
  }
}

/** Ends a run once; a second end changes nothing. */
export const endRun = async (store: Store, run_id: string, end: Partial<OptimizationRun>): Promise<void> => {
  await portfolioOptimizationRuns.in(store).updateOne({ run_id, status: 'queued' }, update({ $set: end }))
}

export async function runsById(store: Store, run_ids: readonly string[]): Promise<Map<string, OptimizationRun>> {
  const found = await readAll(store, { in: portfolioOptimizationRuns, filter: { run_id: { $in: run_ids } } })
  return new Map(found.map(run => [run.run_id, run]))
}
