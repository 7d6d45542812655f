import { BSON, type Document } from 'mongodb'
import type { Store } from './collection.ts'

interface Read {
  collection: string
  stages: Document[]
}

interface Waiting {
  reads: readonly Read[]
  resolve(found: Uint8Array[][]): void
  reject(error: unknown): void
}

interface Line {
  busy: boolean
  waiting: Waiting[]
}

const lines = new WeakMap<Store, Line>()

/**
 * What each read finds, as bytes. One round trip is under way at a time; what is asked for meanwhile goes out together in the next, and what
 * several ask for is read once. So a read never begins before it was asked for, and a busy process asks less often for more.
 */
export function joinReads(store: Store, reads: readonly Read[]): Promise<Uint8Array[][]> {
  const line = lines.get(store) ?? { busy: false, waiting: [] }
  lines.set(store, line)
  return new Promise((resolve, reject) => {
    line.waiting.push({ reads, resolve, reject })
    if (!line.busy) void go(store, line)
  })
}

async function go(store: Store, line: Line): Promise<void> {
  line.busy = true
  // Whatever is asked for in the same turn goes out together.
  await undefined
  while (line.waiting.length > 0) {
    const joined = line.waiting
    line.waiting = []
    try {
      const numbers = new Map<string, number>()
      const wanted: Read[] = []
      const places = joined.map(({ reads }) =>
        reads.map(read => {
          const key = keyOf(read)
          const number = numbers.get(key) ?? wanted.push(read) - 1
          numbers.set(key, number)
          return number
        }),
      )
      const found = await readEach(store, wanted)
      joined.forEach(({ resolve }, i) => {
        resolve((places[i] ?? []).map(number => found[number] ?? []))
      })
    } catch (error) {
      for (const { reject } of joined) reject(error)
    }
  }
  line.busy = false
}

const keyOf = ({ collection, stages }: Read): string => `${collection}\n${JSON.stringify(stages, distinct)}`

/** JSON writes a moment as a text and leaves out what is undefined; these are told apart. */
function distinct(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const own = this[key]
  if (own instanceof Date) return { $date: own.getTime() }
  return value === undefined ? { $undefined: true } : value
}

async function readEach(store: Store, reads: readonly Read[]): Promise<Uint8Array[][]> {
  const found: Uint8Array[][] = reads.map(() => [])
  const [first, ...others] = reads.map(({ collection, stages }, number) => ({
    collection,
    pipeline: [...stages, { $project: { _id: 0, number: { $literal: number }, document: '$$ROOT' } }],
  }))
  if (!first) return found
  const unions = others.map(({ collection, pipeline }) => ({ $unionWith: { coll: collection, pipeline } }))
  const rows = store.db.collection(first.collection).aggregate([...first.pipeline, ...unions], { raw: true, batchSize: 1_000 })
  for (const row of await rows.toArray()) {
    const { number, document } = BSON.deserialize(row as Uint8Array, { raw: true })
    found[Number(number)]?.push(document as Uint8Array)
  }
  return found
}
