import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { Decimal } from '../domain/money/decimal.ts'
import type { Scenarios } from '../domain/portfolio/scenarios.ts'
import type { InstrumentDocument } from '../messages/instrument.ts'
import { readHierarchy } from './account-hierarchy.ts'
import type { Store } from './collection.ts'
import { ratesInto } from './fx-rates.ts'
import { instrumentsBySymbol, quotesOf } from './instruments.ts'
import { type BacktestReturns, returnsOf } from './strategy-backtest-data.ts'
import { allStrategies, type StrategyConfiguration } from './strategy-configurations.ts'

export interface Exclusion {
  strategy_id: string
  code: 'NOT_ACTIVE' | 'NOT_INCLUDED' | 'NO_BACKTEST' | 'NOT_ASKED_FOR'
  reason: string
}

export interface PortfolioInputs {
  /** Days that any has a return on; NaN where one has none. */
  scenarios: Scenarios
  /** `capital_per_unit`: capital that one lot of the default instrument is traded on, in the fund's currency; null without a price. */
  inputs: { strategy_id: string; source_hash: string; margin_per_unit: number; capital_per_unit: number | null }[]
  excluded: Exclusion[]
}

/** What is to be optimized: every ACTIVE strategy that is included, or those that are named; the others with why they are not. */
export async function readPortfolioInputs(store: Store, named: readonly string[] | null = null): Promise<PortfolioInputs> {
  const strategies = await allStrategies(store)
  const backtests = await returnsOf(
    store,
    strategies.map(({ strategy_id }) => strategy_id),
  )
  const excluded = strategies.flatMap(strategy => exclusionOf(strategy, { backtest: backtests.get(strategy.strategy_id), named }) ?? [])
  const out = new Set(excluded.map(({ strategy_id }) => strategy_id))
  const included = strategies.flatMap(strategy => {
    const backtest = backtests.get(strategy.strategy_id)
    return backtest && !out.has(strategy.strategy_id) ? [{ strategy, backtest }] : []
  })
  const lots = await Promise.all(included.map(({ strategy }) => lotOf(store, strategy)))
  const margins = included.map((each, index) => marginPerUnit(each, lots[index] ?? null))
  const currency = (await readHierarchy(store))?.base_currency ?? 'USD'
  const rates = await ratesInto(
    store,
    currency,
    lots.flatMap(lot => lot?.instrument.currency ?? []),
  )
  const inputs = included.map(({ strategy: { strategy_id }, backtest: { source_hash } }, index) => {
    const capital_per_unit = capitalPerUnit(included[index]?.strategy, { lot: lots[index] ?? null, rates })
    return { strategy_id, source_hash, margin_per_unit: margins[index] ?? 0, capital_per_unit }
  })
  return { scenarios: await alignedScenarios(included.map(({ backtest }) => backtest)), inputs, excluded }
}

function exclusionOf(
  { strategy_id, status, include_in_optimization }: StrategyConfiguration,
  { backtest, named }: { backtest: BacktestReturns | undefined; named: readonly string[] | null },
): Exclusion | null {
  const excluded = (code: Exclusion['code'], reason: string) => ({ strategy_id, code, reason })
  if (named !== null && !named.includes(strategy_id)) return excluded('NOT_ASKED_FOR', 'The run names other strategies.')
  if (named === null && status !== 'ACTIVE') return excluded('NOT_ACTIVE', `It is ${status}; only ACTIVE strategies enter.`)
  if (named === null && !include_in_optimization) return excluded('NOT_INCLUDED', 'include_in_optimization is off.')
  return backtest ? null : excluded('NO_BACKTEST', 'It has no backtest.')
}

/** Returns of several backtests beside one another, by day; one in each turn of the event loop, as there may be 200 of ten years. */
async function alignedScenarios(backtests: readonly BacktestReturns[]): Promise<Scenarios> {
  const days = new Set<string>()
  for (const backtest of backtests) {
    for (const day of backtest.dates) days.add(day)
    await turn()
  }
  const dates = [...days].sort()
  const rows = new Map(dates.map((day, row) => [day, row]))
  const columns: Float64Array[] = []
  for (const backtest of backtests) {
    const column = new Float64Array(dates.length).fill(Number.NaN)
    for (const [index, day] of backtest.dates.entries()) column[rows.get(day) ?? 0] = backtest.daily_returns[index] ?? Number.NaN
    columns.push(column)
    await turn()
  }
  return { names: backtests.map(({ strategy_id }) => strategy_id), dates, columns }
}

/** A strategy's default instrument; `notional` of one lot in the instrument's currency, null without a price. */
interface Lot {
  instrument: InstrumentDocument
  notional: Decimal | null
}

async function lotOf(store: Store, { default_instrument }: StrategyConfiguration): Promise<Lot | null> {
  if (!default_instrument) return null
  const named = await instrumentsBySymbol(store, [default_instrument.ticker])
  const instrument = named.find(({ asset_class }) => asset_class === default_instrument.asset_class)
  if (!instrument) return null
  const quote = (await quotesOf(store, [instrument.instrument_id])).get(instrument.instrument_id)
  const notional = quote ? quote.ask.times(instrument.multiplier).times(instrument.lot) : null
  return { instrument, notional: notional?.gt(0) ? notional : null }
}

/**
 * Margin of a strategy at weight 1, as a fraction of equity: what its backtest carried; else what its instrument asks for the notional that
 * a unit carries; else the whole notional, as where nothing is borrowed.
 */
function marginPerUnit({ strategy, backtest }: { strategy: StrategyConfiguration; backtest: BacktestReturns }, lot: Lot | null): number {
  if (backtest.margin_per_unit != null) return backtest.margin_per_unit
  const notional = strategy.notional_per_capital.toNumber()
  if (!lot) return notional
  const { instrument } = lot
  // Coins are paid in full out of cash, and take no margin (CER-4).
  if (instrument.asset_class === 'CRYPTO') return 0
  if (instrument.margin_pct) return (notional * instrument.margin_pct.toNumber()) / 100
  if (!instrument.margin_per_lot || !lot.notional) return notional
  return notional * instrument.margin_per_lot.div(lot.notional).toNumber()
}

/** As sizing has it (CER-3): one lot is notional of the capital times `notional_per_capital`. */
function capitalPerUnit(
  strategy: StrategyConfiguration | undefined,
  { lot, rates }: { lot: Lot | null; rates: ReadonlyMap<string, Decimal> },
): number | null {
  const rate = lot && rates.get(lot.instrument.currency)
  if (!strategy || !lot?.notional || !rate) return null
  return lot.notional.times(rate).div(strategy.notional_per_capital).toNumber()
}

/** SHA-256 of returns, by their files, and of what is asked; a future's margin moves with its price all day, so it does not count. */
export const hashInputs = (inputs: PortfolioInputs['inputs'], question: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([inputs.map(({ strategy_id, source_hash }) => [strategy_id, source_hash]), question]))
    .digest('hex')
