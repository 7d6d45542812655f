import { now } from '../../shared/runtime/clock.ts'
import type { Outcome } from '../../shared/runtime/define-step.ts'
import type { Store } from '../../shared/store/collection.ts'
import { hashInputs, readPortfolioInputs } from '../../shared/store/portfolio-inputs.ts'
import { endRun, type OptimizationRun, runById } from '../../shared/store/portfolio-optimization-runs.ts'
import { storeTearsheet } from '../../shared/store/portfolio-tests.ts'
import { drawTearsheet, type Question, solveRun } from './solve-run.ts'

/** Answers a research run; nothing but the run itself, and the test that asked for it, comes of it. */
export const research =
  (store: Store) =>
  async ({ run_id }: { run_id: string }): Promise<Outcome> => {
    const run = await runById(store, run_id)
    if (run?.status !== 'queued') return { message: 'research run is over already', fields: { run_id } }
    const named = run.settings.strategies
    const inputs = await readPortfolioInputs(store, Array.isArray(named) ? named.map(String) : null)
    const question = questionOf(run)
    const end = await solveRun(inputs, question)
    const inputs_hash = hashInputs(inputs.inputs, question)
    await endRun(store, run_id, { ...end, inputs_hash, inputs: inputs.inputs, excluded: inputs.excluded, finished_at: now() })
    const page = end.status === 'done' ? await drawTearsheet(inputs, question, run.name ?? run.constructor_name) : null
    if (page !== null) await storeTearsheet(store, run_id, page)
    return { message: 'research run solved', fields: { run_id, status: end.status, reason: end.reason } }
  }

/** As `portfolio-builder` checked and stored it. */
const questionOf = ({ constructor_name, settings: { strategies: _strategies, ...rest } }: OptimizationRun): Question =>
  ({ constructor_name, ...rest }) as unknown as Question
