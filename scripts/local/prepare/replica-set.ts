import { MongoClient } from 'mongodb'

const NAME = 'rs0'
const NOT_YET_INITIALIZED = 94
const TIMEOUT_MS = 15_000

/** Makes a mongod that was started with `--replSet` a replica set of one, on the port that it has today. */
export async function initiateReplicaSet(port: number): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, { serverSelectionTimeoutMS: TIMEOUT_MS })
  try {
    const admin = client.db('admin')
    const members = [{ _id: 0, host: `127.0.0.1:${port}` }]
    const known = await admin.command({ replSetGetConfig: 1 }).catch((error: { code?: number }) => {
      if (error.code === NOT_YET_INITIALIZED) return null
      throw error
    })
    if (known === null) await admin.command({ replSetInitiate: { _id: NAME, members } })
    else if (known.config.members[0].host !== members[0]?.host) {
      await admin.command({ replSetReconfig: { ...known.config, version: known.config.version + 1, members }, force: true })
    }
    const deadline = Date.now() + TIMEOUT_MS
    while (!(await admin.command({ hello: 1 })).isWritablePrimary) {
      if (Date.now() > deadline) throw new Error(`mongod did not become primary within ${TIMEOUT_MS / 1000} s`)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  } finally {
    await client.close()
  }
}
