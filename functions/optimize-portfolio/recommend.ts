import { dayIn } from '../../shared/domain/time/fund-calendar.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { appendAudit } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { liveHistory } from '../../shared/store/live-history.ts'
import { newRun } from '../../shared/store/new-run.ts'
import { type Allocation, insertAllocation, supersedeOlder } from '../../shared/store/portfolio-allocations.ts'
import { hashInputs, readPortfolioInputs } from '../../shared/store/portfolio-inputs.ts'
import { endRun, insertRun, type OptimizationRun } from '../../shared/store/portfolio-optimization-runs.ts'
import { readSettings } from '../../shared/store/settings.ts'
import { overlaid, type RunEnd, sized, solveRun, type Unseen, unseen } from './solve-run.ts'

interface Surroundings {
  store: Store
  time_zone: string
}

/**
 * Recommends an allocation (POR-12), once for a day and its inputs. Whatever line it dies at, doing it again ends in the same place: the
 * run, the allocation and what it supersedes each have a key of their own.
 */
export const recommend =
  ({ store, time_zone }: Surroundings) =>
  async (_run: unknown, { now, attributes }: StepContext): Promise<Outcome> => {
    const [{ optimization: question }, inputs] = await Promise.all([readSettings(store), readPortfolioInputs(store)])
    const inputs_hash = hashInputs(inputs.inputs, question)
    const day = dayIn(now, time_zone)
    const run_id = `${day}_${inputs_hash.slice(0, 16)}`
    const requested_by = attributes.requested_by ?? 'schedule'
    const first = newRun({ run_id, kind: 'recommendation', name: null, requested_by, requested_at: now, day, question: { ...question } })
    const run = await insertRun(store, { ...first, inputs_hash, inputs: inputs.inputs, excluded: inputs.excluded })
    if (run.status !== 'queued') return { message: 'already recommended', fields: { run_id, status: run.status } }
    const solved = await solveRun(inputs, question)
    const found = solved.solution && { ...(await unseen(solved.solution)), account: await sized(solved.solution) }
    const live = overlaid(inputs, await liveHistory(store, { time_zone, now }))
    const end = { ...solved.end, ...(found ?? { out_of_sample: null }), live }
    const allocation_id = end.status === 'done' ? await proposeAllocation(store, run, { end, now }) : null
    await endRun(store, run_id, { ...end, allocation_id, finished_at: now })
    return { message: 'portfolio optimized', fields: { run_id, status: end.status, allocation_id, reason: end.reason } }
  }

async function proposeAllocation(store: Store, run: OptimizationRun, { end, now }: { end: RunEnd & Unseen; now: Date }): Promise<string> {
  const allocation = allocationOf(run, { end, now })
  if (await insertAllocation(store, allocation)) {
    const { allocation_id, allocations, metrics } = allocation
    const after = { allocation_id, allocations, metrics }
    const what = 'allocation recommended'
    const reason = run.constructor_name
    await appendAudit(store, {
      writer: 'optimize-portfolio',
      at: now,
      who: run.requested_by,
      from: null,
      what,
      before: null,
      after,
      reason,
    })
  }
  await supersedeOlder(store, allocation)
  return allocation.allocation_id
}

function allocationOf(run: OptimizationRun, { end, now }: { end: RunEnd & Unseen; now: Date }): Allocation {
  const leverage_ratio = Object.values(end.weights).reduce((total, weight) => total + weight, 0)
  const { sharpe = null, volatility_annual = null, cvar_95 = null } = end.metrics
  return {
    allocation_id: `recommended_${run.run_id}`,
    timestamp: now,
    allocations: end.allocations,
    status: 'PENDING_APPROVAL',
    source: 'optimization',
    metrics: {
      expected_sharpe: sharpe,
      volatility: volatility_annual,
      cvar_95,
      total_allocation_pct: leverage_ratio * 100,
      leverage_ratio,
    },
    out_of_sample: end.out_of_sample,
    approved_by: null,
    approved_at: null,
    run_id: run.run_id,
    proposed_by: run.requested_by,
  }
}
