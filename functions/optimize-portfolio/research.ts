import { now } from '../../shared/runtime/clock.ts'
import type { Outcome } from '../../shared/runtime/define-step.ts'
import type { Store } from '../../shared/store/collection.ts'
import { liveHistory } from '../../shared/store/live-history.ts'
import { hashInputs, readPortfolioInputs } from '../../shared/store/portfolio-inputs.ts'
import { endRun, type OptimizationRun, runById } from '../../shared/store/portfolio-optimization-runs.ts'
import { storeTearsheet } from '../../shared/store/portfolio-tests.ts'
import { drawn, overlaid, type Question, sized, solveRun } from './solve-run.ts'

interface Surroundings {
  store: Store
  time_zone: string
}

/** Answers a research run; nothing but the run itself, and the test that asked for it, comes of it. */
export const research =
  ({ store, time_zone }: Surroundings) =>
  async ({ run_id }: { run_id: string }): Promise<Outcome> => {
    const run = await runById(store, run_id)
    if (run?.status !== 'queued') return { message: 'research run is over already', fields: { run_id } }
    const named = run.settings.strategies
    const inputs = await readPortfolioInputs(store, Array.isArray(named) ? named.map(String) : null)
    const question = questionOf(run)
    const { end, solution } = await solveRun(inputs, question)
    const account = solution && (await sized(solution))
    const live = overlaid(inputs, await liveHistory(store, { time_zone, now: now() }))
    const { page, ...unseen } = solution
      ? await drawn(solution, { title: run.name ?? run.constructor_name, account, live })
      : { page: null, out_of_sample: null }
    // The page first: whoever sees that the run is done finds it.
    if (page !== null) await storeTearsheet(store, run_id, page)
    const warnings = solution && page === null ? [...end.warnings, 'The tearsheet could not be drawn in time.'] : end.warnings
    const inputs_hash = hashInputs(inputs.inputs, question)
    const answer = { ...end, warnings, ...unseen, live, account, inputs_hash, inputs: inputs.inputs, excluded: inputs.excluded }
    await endRun(store, run_id, { ...answer, finished_at: now() })
    return { message: 'research run solved', fields: { run_id, status: end.status, reason: end.reason } }
  }

/** As `portfolio-builder` checked and stored it. */
const questionOf = ({ constructor_name, settings: { strategies: _strategies, ...rest } }: OptimizationRun): Question =>
  ({ constructor_name, ...rest }) as unknown as Question
