import { once } from 'node:events'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { secretsOf } from '../runner/secrets.ts'
import { openAccounts } from './accounts.ts'
import { putDemoUsers } from './demo-users.ts'
import { identityServer } from './server.ts'

interface Given {
  dataDir: string
  port: number
  project_id: string
  demo: boolean
}

/** Starts the identity server of a data directory; null where tokens must be Google's own, which is near live money. */
export async function startIdentity({ dataDir, port, project_id, demo }: Given): Promise<Server | null> {
  if (process.env.FIREBASE_AUTH_EMULATOR_HOST === undefined) return null
  const secrets = secretsOf(dataDir, [])
  const accounts = openAccounts(join(dataDir, 'identity.json'))
  if (demo) await putDemoUsers(accounts, secrets.users)
  const server = identityServer({ accounts, project_id, key: secrets.identity_key })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
