import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoUser } from '../identity/demo-users.ts'
import { newTotpSecret } from '../identity/totp.ts'
import { writePrivateFile } from './private-file.ts'

export interface StrategySecrets {
  passphrase: string
  api_key: string
}

export interface Secrets {
  /** What the local Pub/Sub shows to functions, in place of Google's signed token. */
  push_token: string
  /** Proves the tokens of the local identity server, in place of Google's signature. */
  identity_key: string
  /** By strategy. */
  strategies: Record<string, StrategySecrets>
  /** People of the demo fund. */
  users: DemoUser[]
}

const roles = ['admin', 'client', 'sender']

const demoUser = (role: string): DemoUser => ({
  email: `${role}@demo.mathematricks.fund`,
  password: random(),
  role,
  totp_secret: role === 'admin' ? newTotpSecret() : null,
})

const random = () => randomBytes(24).toString('base64url')

/** The secrets of a data directory, made when they are first asked for and kept in a file that only its owner reads. */
export function secretsOf(dataDir: string, strategyIds: readonly string[]): Secrets {
  const file = join(dataDir, 'secrets.json')
  const known = read(file)
  const missing = strategyIds.filter(id => known?.strategies[id] === undefined)
  const { identity_key, users } = known ?? {}
  if (known && identity_key !== undefined && users !== undefined && missing.length === 0) return { ...known, identity_key, users }
  const made = Object.fromEntries(missing.map(id => [id, { passphrase: random(), api_key: `sk_${id}_${random()}` }]))
  const secrets = {
    push_token: known?.push_token ?? random(),
    identity_key: identity_key ?? random(),
    strategies: { ...known?.strategies, ...made },
    users: users ?? roles.map(demoUser),
  }
  writePrivateFile(file, secrets)
  return secrets
}

/** Files of before hold less. */
const read = (file: string): (Partial<Secrets> & Pick<Secrets, 'push_token' | 'strategies'>) | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${file} cannot be read: ${(error as Error).message}. Remove it, or begin anew with --reset.`, { cause: error })
  }
}
