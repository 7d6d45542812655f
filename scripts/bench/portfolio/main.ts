import { cvar } from '../../../shared/domain/portfolio/measures/cvar.ts'
import { type ConstructorName, constructorNames, type Limits } from '../../../shared/domain/portfolio/problem.ts'
import { type RiskName, riskNames } from '../../../shared/domain/portfolio/risks.ts'
import { portfolioReturns } from '../../../shared/domain/portfolio/scenarios.ts'
import { solve } from '../../../shared/domain/portfolio/solve.ts'
import { loadSolver } from '../../../shared/solver/load-solver.ts'
import { syntheticScenarios } from './market.ts'

/** One size in a process of its own, so that its memory is its own: prints a JSON line for each constructor. */
const [strategies = 5, days = 500] = process.argv.slice(2).map(Number)
const scenarios = syntheticScenarios(strategies, days)
const solver = await loadSolver()
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
const MOST_RUNS = 5

function measure(constructor_name: ConstructorName, risk?: RiskName): void {
  const limits = fullyInvested.includes(constructor_name) ? alone : house
  const times: number[] = []
  let status = ''
  while (times.length < MOST_RUNS && times.reduce((sum, each) => sum + each, 0) < ENOUGH_MS) {
    const [begun, used] = [performance.now(), process.cpuUsage()]
    status = solve({ constructor_name, scenarios, limits, ...(risk && { measure: risk }) }, { solver, seed: 1 }).status
    const { user, system } = process.cpuUsage(used)
    // Processor time where it is less: what other programs took of a busy machine is not the solver's.
    times.push(Math.min(performance.now() - begun, (user + system) / 1000))
  }
  const name = risk ? `min_risk ${risk}` : constructor_name
  const rss = Math.round(process.memoryUsage().rss / MEGABYTE)
  console.log(
    JSON.stringify({ constructor: name, status, ms: Math.round(Math.min(...times)), 'first ms': Math.round(times[0] ?? 0), 'rss MB': rss }),
  )
}

for (const name of constructorNames.filter(each => each !== 'min_risk')) measure(name)
for (const risk of riskNames) measure('min_risk', risk)
