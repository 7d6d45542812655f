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
/** Too short for a solver that is still loading. */
const SHORT_MS = 100

interface Run {
  status: string
  ms: number
  /** The longest that this thread worked without looking up. */
  stretch: number
}

/** Looks up as often as it can, and says how much processor time of this thread went by between at most. */
function watchThread(): () => number {
  let last = process.threadCpuUsage()
  let most = 0
  const look = () => {
    const now = process.threadCpuUsage()
    most = Math.max(most, (now.user + now.system - last.user - last.system) / 1000)
    last = now
  }
  const timer = setInterval(look, 1)
  return () => {
    look()
    clearInterval(timer)
    return most
  }
}

/** Solves in the thread beside this one, as functions do. */
async function run(constructor_name: ConstructorName, risk?: RiskName, timeoutMs = TIME_LIMIT_MS): Promise<Run> {
  const limits = fullyInvested.includes(constructor_name) ? alone : house
  const question = { constructor_name, scenarios, limits, ...(risk && { measure: risk }) }
  const [begun, used, stop] = [performance.now(), process.cpuUsage(), watchThread()]
  const status = await runInWorker('solve', question, { timeoutMs }).then(
    answer => answer.status,
    (error: { code?: string }) => error.code ?? String(error),
  )
  const all = process.cpuUsage(used)
  // Processor time where it is less: what other programs took of a busy machine is not the solver's.
  return { status, ms: Math.min(performance.now() - begun, (all.user + all.system) / 1000), stretch: stop() }
}

const longestStretch = (runs: readonly Run[]) => Number(Math.max(...runs.map(({ stretch }) => stretch)).toFixed(1))

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
      'asking ms': longestStretch(runs),
      'longest delay ms': last ? Number((delay.max / 1e6).toFixed(1)) : null,
      'rss MB': Math.round(process.memoryUsage().rss / MEGABYTE),
    }),
  )
}

for (const name of constructorNames.filter(each => each !== 'min_risk')) await measure(name)
for (const risk of riskNames) await measure('min_risk', risk)

/** What it costs the asking thread that a solver has to be ended. */
const ended = await run('max_hybrid', undefined, SHORT_MS)
console.log(JSON.stringify({ constructor: `max_hybrid, given ${SHORT_MS} ms`, status: ended.status, 'asking ms': longestStretch([ended]) }))
