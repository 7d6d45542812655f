import { randomUUID } from 'node:crypto'
import type { Approval } from '../../../shared/messages/portfolio.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { audited } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import {
  type Allocation,
  activeAllocation,
  allocationById,
  anotherIsActive,
  archiveActive,
  changePending,
  insertAllocation,
} from '../../../shared/store/portfolio-allocations.ts'
import { runById } from '../../../shared/store/portfolio-optimization-runs.ts'
import type { Transaction } from '../../../shared/store/transaction.ts'
import { type Asked, auditOf, whoAsks } from '../person.ts'
import { type Assessed, assess } from './assess.ts'
import type { Percents } from './measure.ts'

export interface Decided {
  allocation: Allocation
  /** Two people must approve, and this was the first. */
  awaits_second: boolean
  unmeasured: string[]
}

/** What is to come into force: a waiting allocation, or one that is made of a research run or by hand. */
interface Proposal {
  allocation: Allocation
  isNew: boolean
  what: string
  reason: string | undefined
}

/** Approves a waiting allocation, with other weights where they are given, or a research run. @throws Problem 404, 409, 422 */
export async function approve(store: Store, { allocation_id, run_id, allocations, reason }: Approval, asked: Asked): Promise<Decided> {
  const proposal = run_id === undefined ? await waiting(store, allocation_id ?? '') : await ofResearch(store, run_id, asked)
  const edited = allocations !== undefined && !sameWeights(allocations, proposal.allocations)
  const allocation = edited ? { ...proposal, allocations, edited, first_approval: null } : proposal
  const what = edited ? 'allocation edited and approved' : 'allocation approved'
  return decide(store, { allocation, isNew: run_id !== undefined, what, reason }, asked)
}

/** Weights set by hand: in force at once, or after a second person's approval. */
export const setCustom = (store: Store, { allocations, reason }: { allocations: Percents; reason?: string | undefined }, asked: Asked) =>
  decide(
    store,
    {
      allocation: newAllocation(
        { allocation_id: `custom_${randomUUID()}`, allocations: { ...allocations }, source: 'custom', run_id: null },
        asked,
      ),
      isNew: true,
      what: 'custom allocation',
      reason,
    },
    asked,
  )

const sameWeights = (one: Percents, other: Percents): boolean => {
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every(name => (one[name] ?? 0) === (other[name] ?? 0))
}

async function waiting(store: Store, allocation_id: string): Promise<Allocation> {
  const found = await allocationById(store, allocation_id)
  if (!found) throw new Problem({ status: 404, code: 'UNKNOWN_ALLOCATION', detail: `There is no allocation ${allocation_id}.` })
  if (found.status !== 'PENDING_APPROVAL') throw notPending(found)
  return found
}

const notPending = ({ allocation_id, status }: Allocation) =>
  new Problem({
    status: 409,
    code: 'NOT_PENDING',
    detail: `${allocation_id} is ${status}; only what waits for approval can be approved or rejected.`,
    figures: { allocation_status: status },
  })

async function ofResearch(store: Store, run_id: string, asked: Asked): Promise<Allocation> {
  const run = await runById(store, run_id)
  if (!run) throw new Problem({ status: 404, code: 'UNKNOWN_RUN', detail: `There is no run ${run_id}.` })
  if (run.status !== 'done') {
    throw new Problem({
      status: 409,
      code: 'RUN_HAS_NO_WEIGHTS',
      detail: `Run ${run_id} is ${run.status}.`,
      figures: { run_status: run.status },
    })
  }
  const allocation_id = `research_${run_id}`
  const earlier = await allocationById(store, allocation_id)
  if (earlier) throw notPending(earlier)
  return newAllocation({ allocation_id, allocations: run.allocations, source: 'research', run_id }, asked)
}

type Given = Pick<Allocation, 'allocation_id' | 'allocations' | 'source' | 'run_id'>

const newAllocation = (given: Given, asked: Asked): Allocation => ({
  ...given,
  timestamp: asked.now,
  status: 'PENDING_APPROVAL',
  metrics: {},
  approved_by: null,
  approved_at: null,
  proposed_by: whoAsks(asked),
})

async function decide(store: Store, proposal: Proposal, asked: Asked): Promise<Decided> {
  const assessed = await assess(store, proposal.allocation.allocations)
  const { first_approval } = proposal.allocation
  const who = whoAsks(asked)
  if (assessed.four_eyes && first_approval?.by === who) {
    throw new Problem({ status: 409, code: 'SECOND_APPROVER_NEEDED', detail: `${who} has approved it already; somebody else must too.` })
  }
  const awaits_second = assessed.four_eyes && !first_approval
  const allocation = awaits_second
    ? await firstApproval(store, { proposal, assessed }, asked)
    : await activate(store, { proposal, assessed }, asked)
  return { allocation, awaits_second, unmeasured: assessed.unmeasured }
}

interface Judged {
  proposal: Proposal
  assessed: Assessed
}

/** Keeps the first of two approvals; a new allocation then waits like any other. */
async function firstApproval(store: Store, { proposal, assessed }: Judged, asked: Asked): Promise<Allocation> {
  const { simulated, metrics } = assessed
  const allocation = { ...proposal.allocation, simulated, metrics, first_approval: { by: whoAsks(asked), at: asked.now } }
  await audited(store, async within => {
    await write(store, { proposal, allocation }, within)
    const what = `${proposal.what}, by the first of two`
    return { result: null, line: { ...auditOf(asked, proposal.reason), what, before: null, after: summary(allocation) } }
  })
  return allocation
}

/** Brings an allocation into force and archives the former, in one step. Of those that come at the same moment, the last stays in force. */
async function activate(store: Store, { proposal, assessed }: Judged, asked: Asked): Promise<Allocation> {
  const { simulated, metrics } = assessed
  const who = whoAsks(asked)
  const allocation: Allocation = {
    ...proposal.allocation,
    simulated,
    metrics,
    status: 'ACTIVE',
    approved_by: who,
    approved_at: asked.now,
    reason: proposal.reason ?? null,
  }
  for (;;) {
    try {
      await audited(store, async within => {
        const former = await activeAllocation(store)
        if (!proposal.isNew) await stillPending(store, allocation.allocation_id)
        await archiveActive(store, within)
        await write(store, { proposal, allocation }, within)
        const before = former && summary(former)
        return { result: null, line: { ...auditOf(asked, proposal.reason), what: proposal.what, before, after: summary(allocation) } }
      })
      return allocation
    } catch (error) {
      if (!anotherIsActive(error)) throw error
    }
  }
}

async function stillPending(store: Store, allocation_id: string): Promise<void> {
  await waiting(store, allocation_id)
}

async function write(
  store: Store,
  { proposal, allocation }: { proposal: Proposal; allocation: Allocation },
  within: Transaction,
): Promise<void> {
  const { allocation_id, ...changes } = allocation
  if (proposal.isNew ? await insertAllocation(store, allocation, within) : await changePending(store, { allocation_id, changes }, within))
    return
  throw notPending((await allocationById(store, allocation_id)) ?? allocation)
}

const summary = ({ allocation_id, allocations, status, source, metrics }: Allocation) => ({
  allocation_id,
  allocations,
  status,
  source,
  metrics,
})

/** Says no to a waiting allocation. @throws Problem 404 or 409 */
export async function reject(
  store: Store,
  { allocation_id, reason }: { allocation_id: string; reason: string },
  asked: Asked,
): Promise<Allocation> {
  const before = await waiting(store, allocation_id)
  const changes = { status: 'REJECTED' as const, rejected: { by: whoAsks(asked), at: asked.now }, reason }
  await audited(store, async within => {
    if (!(await changePending(store, { allocation_id, changes }, within)))
      throw notPending((await allocationById(store, allocation_id)) ?? before)
    const after = summary({ ...before, ...changes })
    return { result: null, line: { ...auditOf(asked, reason), what: 'allocation rejected', before: summary(before), after } }
  })
  return { ...before, ...changes }
}
