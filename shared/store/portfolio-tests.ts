import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, readOrNull, type Store } from './collection.ts'
import { readPage } from './page.ts'
import type { Transaction } from './transaction.ts'

/** A research run that somebody keeps, with its tearsheet. */
const portfolioTest = z.object({
  test_id: z.string(),
  run_id: z.string(),
  name: z.string(),
  created_by: z.string(),
  created_at: date,
  /** A self-contained page; null until the run is done. */
  tearsheet: z.string().nullable(),
})
export type PortfolioTest = z.output<typeof portfolioTest>

const portfolioTests = collection('portfolio_tests', {
  schema: portfolioTest,
  indexes: [{ key: { test_id: 1 }, unique: true }, { key: { run_id: 1 } }, { key: { created_at: -1, test_id: -1 } }],
  retention: 'forever',
})

export const insertTest = async (store: Store, test: PortfolioTest): Promise<void> => {
  await portfolioTests.in(store).insertOne({ ...test })
}

export const testById = async (store: Store, test_id: string) =>
  readOrNull(portfolioTests, await portfolioTests.in(store).findOne({ test_id }))

export const deleteTest = async (store: Store, test_id: string, within: Transaction): Promise<void> => {
  await portfolioTests.in(store).deleteOne({ test_id }, within)
}

export const storeTearsheet = async (store: Store, run_id: string, tearsheet: string): Promise<void> => {
  await portfolioTests.in(store).updateMany({ run_id }, { $set: { tearsheet } })
}

export const testsPage = (store: Store, page: { cursor: string | undefined; limit: number }) =>
  readPage(store, portfolioTests, { filter: {}, by: ['created_at', 'test_id'], direction: -1, ...page })
