import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, readOrNull, type Store } from './collection.ts'

const allocation = z.object({
  allocation_id: z.string(),
  timestamp: date,
  /** Percent of the fund's equity by strategy. */
  allocations: z.record(z.string(), z.number()),
  status: z.enum(['PENDING_APPROVAL', 'ACTIVE', 'ARCHIVED', 'REJECTED', 'SUPERSEDED']),
  source: z.string(),
  metrics: z.record(z.string(), z.number()),
  approved_by: z.string().nullable(),
  approved_at: date.nullable(),
})
export type Allocation = z.output<typeof allocation>

export const portfolioAllocations = collection('portfolio_allocations', {
  schema: allocation,
  indexes: [
    { key: { allocation_id: 1 }, unique: true },
    // The database itself keeps it to one.
    { key: { status: 1 }, unique: true, partialFilterExpression: { status: 'ACTIVE' }, name: 'one_active' },
    { key: { timestamp: -1 } },
  ],
  retention: 'forever',
})

export const activeAllocationQuery = () => ({ in: portfolioAllocations, filter: { status: 'ACTIVE' } })

export const activeAllocation = async (store: Store) =>
  readOrNull(portfolioAllocations, await portfolioAllocations.in(store).findOne({ status: 'ACTIVE' }))
