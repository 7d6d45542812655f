import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb'
import { afterAll, beforeAll, expect } from 'vitest'

/** The real server to run against; without it the embedded one is started. */
export const givenUri = process.env.MONGODB_URI

const main = join(import.meta.dirname, '../../../scripts/local/mongodb/main.ts')

export type Embedded = { process: ChildProcess; port: number; uri: string; dataDir: string; log: string[] }

/** Starts the embedded server in a process of its own. */
export const startEmbedded = async (dataDir: string, port = 0, ...options: string[]): Promise<Embedded> => {
  const child = spawn(process.execPath, [main, '--data', dataDir, '--port', String(port), ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  createInterface({ input: child.stderr }).on('line', line => log.push(line))
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    once(child, 'close').then(([code]) => Promise.reject(new Error(`exit ${code}: ${log.join(' ')}`))),
  ])
  const ready = JSON.parse(line) as { ready: boolean; port: number }
  expect(ready.ready).toBe(true)
  return { process: child, port: ready.port, uri: `mongodb://127.0.0.1:${ready.port}/?directConnection=true`, dataDir, log }
}

/** Ends a server and waits until it is gone. */
export const stop = async ({ process: child }: Embedded, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  await closed
}

export const temporaryDir = () => mkdtempSync(join(tmpdir(), 'mongodb-contract-'))

/** A database of its own for a test file, on a server that lives as long. */
export const useDatabase = (options: MongoClientOptions = {}) => {
  const held: { client?: MongoClient; db?: Db; server?: Embedded } = {}
  beforeAll(async () => {
    if (!givenUri) held.server = await startEmbedded(temporaryDir())
    held.client = await new MongoClient(givenUri ?? held.server?.uri ?? '', options).connect()
    held.db = held.client.db(`test_${randomBytes(6).toString('hex')}`)
  })
  afterAll(async () => {
    await held.db?.dropDatabase()
    await held.client?.close()
    if (held.server) {
      await stop(held.server)
      rmSync(held.server.dataDir, { recursive: true })
    }
  })
  const db = () => held.db ?? fail()
  return {
    db,
    client: () => held.client ?? fail(),
    log: () => held.server?.log ?? [],
    /** A fresh collection with these documents. */
    collection: async (...documents: Document[]) => {
      const collection = db().collection(`c_${randomBytes(6).toString('hex')}`)
      if (documents.length > 0) await collection.insertMany(documents)
      return collection
    },
  }
}

const fail = (): never => {
  throw new Error('the server is not started yet')
}

/** The code of the error that an operation fails with. */
export const codeOf = async (operation: Promise<unknown>): Promise<unknown> =>
  operation.then(
    result => ({ succeeded: result }),
    error => error.code,
  )
