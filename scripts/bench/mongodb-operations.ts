import { randomBytes } from 'node:crypto'
import type { Collection, Document } from 'mongodb'
import { type Bench, type Row, spreadMs, type Table } from './figures.ts'

const OPERATIONS = 600
const levels = [1, 50]
const WRITE_GOAL = 'p50 ≤ 1'

/** A document with the look of a signal's: some 1.5 kB, nested, with dates. */
const documentOf = (key: string): Document => ({
  key,
  strategy_id: `strategy-${key.length % 5}`,
  status: 'STANDARDIZED',
  received_at: new Date(),
  count: 0,
  legs: Array.from({ length: 2 }, (_, leg) => ({ leg, ticker: 'AAPL', action: 'BUY', price: 123.45, note: 'x'.repeat(250) })),
  states: [{ state: 'RECEIVED', at: new Date() }],
  raw: { body: 'x'.repeat(600) },
})

/** `concurrent` workers share the operations 0…OPERATIONS−1; ms of each. */
async function timed(concurrent: number, operation: (index: number) => Promise<unknown>): Promise<Row> {
  const times: number[] = []
  let next = 0
  const begun = performance.now()
  const worker = async () => {
    while (next < OPERATIONS) {
      const index = next
      next += 1
      const before = performance.now()
      await operation(index)
      times.push(performance.now() - before)
    }
  }
  await Promise.all(Array.from({ length: concurrent }, worker))
  return { concurrent, ...spreadMs(times), 'operations/s': Math.round((OPERATIONS * 1000) / (performance.now() - begun)) }
}

async function measureLevel(collection: Collection, concurrent: number): Promise<Row[]> {
  // Fifty at once wait for one another; the goal is for one alone.
  const goal = concurrent === 1 ? WRITE_GOAL : null
  const keyOf = (index: number) => `${concurrent}-${index}`
  const insert = await timed(concurrent, index => collection.insertOne(documentOf(keyOf(index))))
  const find = await timed(concurrent, index => collection.findOne({ key: keyOf(index) }))
  const update = await timed(concurrent, index =>
    collection.updateOne(
      { key: keyOf(index), count: 0 },
      { $inc: { count: 1 }, $push: { states: { state: 'DECIDED', at: new Date() } } as Document },
    ),
  )
  // What the margin ledger does: everybody takes from one document, as long as something is free.
  const take = await timed(concurrent, () => collection.updateOne({ key: 'ledger', free: { $gte: 1 } }, { $inc: { free: -1 } }))
  return [
    { operation: 'insert', ...insert, goal },
    { operation: 'find by unique key', ...find, goal: null },
    { operation: 'conditional update', ...update, goal },
    { operation: 'conditional $inc of one document', ...take, goal },
  ]
}

/** The running MongoDB, with the official driver, in a database of its own. */
export async function measureMongodb({ client }: Bench): Promise<Table[]> {
  const db = client.db(`test_${randomBytes(6).toString('hex')}`)
  try {
    const collection = db.collection('bench')
    await collection.createIndex({ key: 1 }, { unique: true })
    await collection.createIndex({ strategy_id: 1, received_at: -1 })
    await collection.insertOne({ key: 'ledger', free: 1_000_000 })
    await timed(levels[0] ?? 1, index => collection.insertOne(documentOf(`warm-up-${index}`)))
    const rows: Row[] = []
    for (const concurrent of levels) rows.push(...(await measureLevel(collection, concurrent)))
    return [{ title: 'MongoDB: one operation at the driver', rows }]
  } finally {
    await db.dropDatabase()
  }
}
