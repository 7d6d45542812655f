import { monitorEventLoopDelay } from 'node:perf_hooks'
import { cvar } from '../../../shared/domain/portfolio/measures/cvar.ts'
import { type ConstructorName, constructorNames, type Limits } from '../../../shared/domain/portfolio/problem.ts'
import { type RiskName, riskNames } from '../../../shared/domain/portfolio/risks.ts'
import { portfolioReturns } from '../../../shared/domain/portfolio/scenarios.ts'
import { runInWorker } from '../../../shared/solver/run-in-worker.ts'
import { syntheticScenarios } from './market.ts'

/** One size in a process of its own, so that its memory is its own: prints a JSON line for each constructor. */
const [strategies = 5, days = 500] = process.argv.slice(2).map(Number)
const scenarios = syntheticScenarios(strategies, days)
const equal = new Float64Array(strategies).fill(1 / strategies)
const house: Limits = {
  cap: 0.5,
  budget: 2,
  margin: Array.from(equal, () => 0.25),
  margin_limit: 0.4,
  cvar: cvar(portfolioReturns(scenarios.columns, equal)),
}
const alone: Limits = { cap: 0.5 }
const fullyInvested: readonly ConstructorName[] = ['min_cvar', 'max_sharpe', 'min_risk']
const MEGABYTE = 2 ** 20
const ENOUGH_MS = 1_500
/** The house objective has a speed to keep (POR-11): it is run until its code is compiled. */
const ENOUGH_OF_HOUSE_MS = 5_000
const MOST_RUNS = 20
/** Only what is quick is run once more, to look how long the event loop waits meanwhile. */
const LAST_RUN_MS = 2_000
/** Whatever takes longer is given up, so that the whole stays under three minutes. */
const TIME_LIMIT_MS = 15_000

interface Run {
  status: string
  ms: number
  main: number
}

/** Solves in the thread beside this one, as functions do. */
async function run(constructor_name: ConstructorName, risk?: RiskName): Promise<Run> {
  const limits = fullyInvested.includes(constructor_name) ? alone : house
  const question = { constructor_name, scenarios, limits, ...(risk && { measure: risk }) }
  const [begun, used, own] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()]
  const status = await runInWorker('solve', question, { timeoutMs: TIME_LIMIT_MS }).then(
    answer => answer.status,
    (error: { code?: string }) => error.code ?? String(error),
  )
  const [all, main] = [process.cpuUsage(used), process.threadCpuUsage(own)]
  // Processor time where it is less: what other programs took of a busy machine is not the solver's.
  return { status, ms: Math.min(performance.now() - begun, (all.user + all.system) / 1000), main: (main.user + main.system) / 1000 }
}

async function measure(constructor_name: ConstructorName, risk?: RiskName): Promise<void> {
  const runs: Run[] = []
  const total = () => runs.reduce((sum, { ms }) => sum + ms, 0)
  const enough = constructor_name === 'max_return_cvar' ? ENOUGH_OF_HOUSE_MS : ENOUGH_MS
  while (runs.length < MOST_RUNS && total() < enough) runs.push(await run(constructor_name, risk))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const last = total() < LAST_RUN_MS
  if (last) await run(constructor_name, risk)
  delay.disable()
  const least = (of: (run: Run) => number) => Math.min(...runs.map(of))
  console.log(
    JSON.stringify({
      constructor: risk ? `min_risk ${risk}` : constructor_name,
      status: runs.at(-1)?.status,
      ms: Math.round(least(({ ms }) => ms)),
      'first ms': Math.round(runs[0]?.ms ?? 0),
      'asking ms': Number(least(({ main }) => main).toFixed(1)),
      'longest delay ms': last ? Number((delay.max / 1e6).toFixed(1)) : null,
      'rss MB': Math.round(process.memoryUsage().rss / MEGABYTE),
    }),
  )
}

for (const name of constructorNames.filter(each => each !== 'min_risk')) await measure(name)
for (const risk of riskNames) await measure('min_risk', risk)
