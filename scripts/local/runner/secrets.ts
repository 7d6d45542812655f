import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from './private-file.ts'

export interface StrategySecrets {
  passphrase: string
  api_key: string
}

export interface Secrets {
  /** What the local Pub/Sub shows to functions, in place of Google's signed token. */
  push_token: string
  /** By strategy. */
  strategies: Record<string, StrategySecrets>
}

const random = () => randomBytes(24).toString('base64url')

/** The secrets of a data directory, made when they are first asked for and kept in a file that only its owner reads. */
export function secretsOf(dataDir: string, strategyIds: readonly string[]): Secrets {
  const file = join(dataDir, 'secrets.json')
  const known = read(file)
  const missing = strategyIds.filter(id => known?.strategies[id] === undefined)
  if (known && missing.length === 0) return known
  const made = Object.fromEntries(missing.map(id => [id, { passphrase: random(), api_key: `sk_${id}_${random()}` }]))
  const secrets = { push_token: known?.push_token ?? random(), strategies: { ...known?.strategies, ...made } }
  writePrivateFile(file, secrets)
  return secrets
}

const read = (file: string): Secrets | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${file} cannot be read: ${(error as Error).message}. Remove it, or begin anew with --reset.`, { cause: error })
  }
}
