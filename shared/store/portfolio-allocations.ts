import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { type Page, readPage } from './page.ts'
import { readAll } from './query.ts'
import type { Transaction } from './transaction.ts'

const figures = z.record(z.string(), z.number().nullable())
const act = z.object({ by: z.string(), at: date })

const allocation = z.object({
  allocation_id: z.string(),
  timestamp: date,
  /** Percent of the fund's equity by strategy. */
  allocations: z.record(z.string(), z.number()),
  status: z.enum(['PENDING_APPROVAL', 'ACTIVE', 'ARCHIVED', 'REJECTED', 'SUPERSEDED']),
  /** optimization (recommended), research (an approved research run), custom (by hand), demo. */
  source: z.string(),
  /** `expected_sharpe` and `volatility` are annual, `cvar_95` is of one day; fractions. */
  metrics: figures,
  /** What its constructor would have earned on days that it had not seen, beside what `metrics` say of those that it had (POR-10). */
  out_of_sample: figures.nullable().optional(),
  approved_by: z.string().nullable(),
  approved_at: date.nullable(),
  /** The optimization that found it. */
  run_id: z.string().nullable().optional(),
  proposed_by: z.string().nullable().optional(),
  /** Where two people must approve: the first of them. */
  first_approval: act.nullable().optional(),
  rejected: act.nullable().optional(),
  reason: z.string().nullable().optional(),
  /** Whether a person changed its weights before approving. */
  edited: z.boolean().optional(),
  /** Measures over the same history of the weights that were in force, and of these. */
  simulated: z.object({ before: figures.nullable(), after: figures.nullable() }).nullable().optional(),
  superseded_by: z.string().nullable().optional(),
})
export type Allocation = z.output<typeof allocation>

export const portfolioAllocations = collection('portfolio_allocations', {
  schema: allocation,
  indexes: [
    { key: { allocation_id: 1 }, unique: true },
    // The database itself keeps it to one.
    { key: { status: 1 }, unique: true, partialFilterExpression: { status: 'ACTIVE' }, name: 'one_active' },
    { key: { timestamp: -1, allocation_id: -1 } },
  ],
  retention: 'forever',
})

export const activeAllocationQuery = () => ({ in: portfolioAllocations, filter: { status: 'ACTIVE' } })

export const activeAllocation = async (store: Store): Promise<Allocation | null> =>
  (await readAll(store, activeAllocationQuery()))[0] ?? null

export const allocationById = async (store: Store, allocation_id: string) =>
  readOrNull(portfolioAllocations, await portfolioAllocations.in(store).findOne({ allocation_id }))

/** Every allocation that was in force, oldest first. */
export async function approvedAllocations(store: Store): Promise<(Allocation & { approved_at: Date })[]> {
  const filter = { status: { $in: ['ACTIVE', 'ARCHIVED'] } }
  const found = await readAll(store, { in: portfolioAllocations, filter })
  return found
    .flatMap(({ approved_at, ...rest }) => (approved_at ? [{ ...rest, approved_at }] : []))
    .sort((one, other) => one.approved_at.getTime() - other.approved_at.getTime())
}

const newestFirst = { timestamp: -1, allocation_id: -1 } as const

/** The newest recommendation that nobody has approved or rejected. */
export async function latestRecommendation(store: Store): Promise<Allocation | null> {
  const [found] = await portfolioAllocations
    .in(store)
    .find({ status: 'PENDING_APPROVAL', source: 'optimization' })
    .sort(newestFirst)
    .limit(1)
    .toArray()
  return readOrNull(portfolioAllocations, found)
}

export const allocationsPage = (
  store: Store,
  { status, ...page }: { status: Allocation['status'] | undefined; cursor: string | undefined; limit: number },
): Promise<Page<Allocation>> =>
  readPage(store, portfolioAllocations, { filter: status ? { status } : {}, by: ['timestamp', 'allocation_id'], direction: -1, ...page })

/** Stores a new allocation; false where its id is taken. */
export async function insertAllocation(store: Store, document: Allocation, within: Transaction = {}): Promise<boolean> {
  try {
    await portfolioAllocations.in(store).insertOne({ ...document }, within)
    return true
  } catch (error) {
    if (isDuplicateKey(error, 'allocation_id')) return false
    throw error
  }
}

/** Recommendations that nobody has approved give way to a newer one. */
export async function supersedeOlder(store: Store, { allocation_id, timestamp }: Allocation): Promise<void> {
  const older = {
    status: 'PENDING_APPROVAL',
    source: 'optimization',
    allocation_id: { $ne: allocation_id },
    timestamp: { $lte: timestamp },
  }
  await portfolioAllocations.in(store).updateMany(older, update({ $set: { status: 'SUPERSEDED', superseded_by: allocation_id } }))
}

/** Changes an allocation that still waits for approval; false where it does not any more. */
export async function changePending(
  store: Store,
  { allocation_id, changes }: { allocation_id: string; changes: Partial<Allocation> },
  within: Transaction,
): Promise<boolean> {
  const filter = { allocation_id, status: 'PENDING_APPROVAL' }
  const written = await portfolioAllocations.in(store).updateOne(filter, update({ $set: changes }), within)
  return written.matchedCount === 1
}

/** Archives the allocation in force, so that another can come into force in the same transaction. */
export async function archiveActive(store: Store, within: Transaction): Promise<void> {
  await portfolioAllocations.in(store).updateMany({ status: 'ACTIVE' }, update({ $set: { status: 'ARCHIVED' } }), within)
}

/** Whether a write failed because another allocation came into force at that moment. */
export const anotherIsActive = (error: unknown): boolean => isDuplicateKey(error, 'status')
