import { readFileSync, writeFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { DomainError } from '../shared/domain/errors.ts'
import type { AccountSizes } from '../shared/domain/portfolio/account-sizes.ts'
import type { Problem } from '../shared/domain/portfolio/problem.ts'
import { type LineFault, readReturns } from '../shared/domain/portfolio/read-returns.ts'
import { tearsheet } from '../shared/domain/portfolio/report/tearsheet/tearsheet.ts'
import { commonDates, type Scenarios } from '../shared/domain/portfolio/scenarios.ts'
import type { PortfolioAnswer } from '../shared/domain/portfolio/solve.ts'
import { type CrossValidation, crossPlan } from '../shared/domain/portfolio/validation/cross-validate.ts'
import { runInWorker } from '../shared/solver/run-in-worker.ts'
import { type Options, readOptions, UsageError, usage } from './portfolio/options.ts'
import { accountText, answerText } from './portfolio/text.ts'

const SHOWN_FAULTS = 50
const PROGRESS_MS = 1000

/** Lines of a file that cannot be read. */
class BadInput extends Error {
  constructor(file: string, faults: readonly LineFault[]) {
    const shown = faults.slice(0, SHOWN_FAULTS).map(({ line, fault }) => (line > 0 ? `${file}:${line}: ${fault}` : `${file}: ${fault}`))
    super([...shown, ...(faults.length > SHOWN_FAULTS ? [`… and ${faults.length - SHOWN_FAULTS} more`] : [])].join('\n'))
  }
}

/** npm runs in the package's folder; a path is meant from where the command was called. */
const fromHere = (path: string): string => resolve(process.env.INIT_CWD ?? '.', path)

function load({ file, weights, limits, capital }: Options): Scenarios {
  let text: string
  try {
    text = readFileSync(fromHere(file), 'utf8')
  } catch (error) {
    throw new BadInput(file, [{ line: 0, fault: (error as Error).message }])
  }
  const { scenarios, faults } = readReturns(text)
  if (faults.length > 0) throw new BadInput(file, faults)
  if (commonDates(scenarios).dates.length < 2)
    throw new BadInput(file, [{ line: 1, fault: 'fewer than two dates have a return of every column' }])
  for (const [option, list] of Object.entries({ weights, margin: limits.margin, capital })) {
    if (list && list.length !== scenarios.names.length)
      throw new UsageError(`--${option} has ${list.length} figures for ${scenarios.names.length} columns`)
  }
  return scenarios
}

/** Says on stderr that it still works, once a second. */
async function withProgress<Answer>(what: string, work: Promise<Answer>): Promise<Answer> {
  const begun = performance.now()
  const timer = setInterval(() => {
    const line = `${what}: ${Math.round((performance.now() - begun) / 1000)} s`
    process.stderr.write(process.stderr.isTTY ? `\r${line}` : `${line}\n`)
  }, PROGRESS_MS)
  try {
    return await work
  } finally {
    clearInterval(timer)
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  }
}

function ask(options: Options, scenarios: Scenarios): Promise<PortfolioAnswer> {
  const { constructor_name, weights, limits, measure, blend, seed, timeoutMs } = options
  const problem = { scenarios, limits, ...(measure && { measure }), ...(blend !== undefined && { blend }) }
  return constructor_name === null
    ? runInWorker('measure', { ...problem, weights: weights ?? [] }, { seed, timeoutMs })
    : runInWorker('solve', { ...problem, constructor_name }, { seed, timeoutMs })
}

interface Asked {
  options: Options
  scenarios: Scenarios
  answer: PortfolioAnswer
}

/** POR-8's limit on margin, where none is given. */
const MARGIN_LIMIT = 0.4

/** What whole units need, where the capital of one is given and there are weights. */
async function sizesOf({ options: { capital, limits, timeoutMs }, scenarios, answer }: Asked): Promise<AccountSizes | null> {
  if (capital === null || !answer.metrics) return null
  const { margin = [], margin_limit = MARGIN_LIMIT, cvar = null } = limits
  const question = { scenarios, weights: answer.weights, capital_per_unit: capital, margin, margin_limit, cvar_limit: cvar }
  return withProgress('sizing accounts', runInWorker('account_sizes', question, { timeoutMs }))
}

async function writeReport(path: string, { options, scenarios, answer }: Asked, account: AccountSizes | null): Promise<void> {
  if (!answer.metrics) return console.error(`${path} is not written: there is no portfolio to report`)
  const { constructor_name, limits, measure, blend, seed, timeoutMs } = options
  const problem = constructor_name && {
    constructor_name,
    scenarios,
    limits,
    ...(measure && { measure }),
    ...(blend !== undefined && { blend }),
  }
  const cross_validation = await crossValidated(problem, options)
  const asked = { problem, scenarios, limits, answer, cross_validation }
  const report = await withProgress('writing the report', runInWorker('report', asked, { seed, timeoutMs }))
  writeFileSync(fromHere(path), tearsheet({ ...report, account }, basename(options.file, '.csv')))
}

/** Null where weights were given, the history is short or the time is over: the report says so. */
async function crossValidated(problem: Problem | null, { seed, timeoutMs }: Options): Promise<CrossValidation | null> {
  const plan = problem && crossPlan(commonDates(problem.scenarios).dates.length)
  if (!plan) return null
  try {
    return await withProgress('cross-validating', runInWorker('cross_validate', { problem, plan }, { seed, timeoutMs }))
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}

function asJson({ constructor_name, weights, ...answer }: PortfolioAnswer, { names }: Scenarios, account: AccountSizes | null): string {
  const named = answer.metrics ? Object.fromEntries(names.map((name, index) => [name, weights[index]])) : {}
  const { status, objective, ...rest } = answer
  return JSON.stringify({ status, constructor: constructor_name, objective, weights: named, ...rest, ...(account && { account }) }, null, 2)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (!options) return console.log(usage)
  const scenarios = load(options)
  const answer = await withProgress(`solving ${options.constructor_name ?? 'nothing, measuring'}`, ask(options, scenarios))
  const account = await sizesOf({ options, scenarios, answer })
  if (options.report !== null) await writeReport(options.report, { options, scenarios, answer }, account)
  console.log(
    options.json
      ? asJson(answer, scenarios, account)
      : [answerText(answer, commonDates(scenarios)), ...(account ? accountText(account) : [])].join('\n'),
  )
}

try {
  await main()
} catch (error) {
  const { message } = error as Error
  const ofCaller = error instanceof UsageError || error instanceof BadInput
  console.error(error instanceof UsageError ? `${message}\n\n${usage}` : message)
  process.exitCode = ofCaller ? 2 : 1
  if (!ofCaller && !(error instanceof DomainError)) throw error
}
