import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DemoUser } from '../identity/demo-users.ts'
import { newTotpSecret } from '../identity/totp.ts'
import type { SimulatedBroker } from '../simulated/brokers.ts'
import { writePrivateFile, writePrivateText } from './private-file.ts'

export interface StrategySecrets {
  passphrase: string
  api_key: string
  hmac_secret: string
}

export interface Secrets {
  /** What the local Pub/Sub shows to functions, in place of Google's signed token. */
  push_token: string
  /** Proves the tokens of the local identity server, in place of Google's signature. */
  identity_key: string
  /** What the functions ask for by name, as Secret Manager holds it in the cloud. */
  named: Record<string, string>
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

const secretsOfStrategy = (id: string, known: Partial<StrategySecrets> | undefined): StrategySecrets => ({
  passphrase: known?.passphrase ?? random(),
  api_key: known?.api_key ?? `sk_${id}_${random()}`,
  hmac_secret: known?.hmac_secret ?? random(),
})

/** The file of a data directory that functions read secrets from, by name. */
export const secretsEnvFile = (dataDir: string): string => join(dataDir, '.env.local')

/** The secrets of a data directory, made when they are first asked for and kept in files that only their owner reads. */
export function secretsOf(
  dataDir: string,
  strategyIds: readonly string[],
  brokers: readonly Pick<SimulatedBroker, 'secrets'>[] = [],
): Secrets {
  const file = join(dataDir, 'secrets.json')
  const known = read(file)
  const ofStrategies = Object.fromEntries(strategyIds.map(id => [id, secretsOfStrategy(id, known?.strategies?.[id])]))
  const secrets: Secrets = {
    push_token: known?.push_token ?? random(),
    identity_key: known?.identity_key ?? random(),
    named: { 'hmac-encryption-key': randomBytes(32).toString('base64'), ...secretsFor(brokers), ...known?.named },
    strategies: { ...known?.strategies, ...ofStrategies } as Secrets['strategies'],
    users: known?.users ?? roles.map(demoUser),
  }
  if (JSON.stringify(secrets) !== JSON.stringify(known)) writePrivateFile(file, secrets)
  writeMissing(secretsEnvFile(dataDir), envText(secrets.named))
  return secrets
}

const secretsFor = (brokers: readonly Pick<SimulatedBroker, 'secrets'>[]): Record<string, string> =>
  Object.fromEntries(brokers.flatMap(({ secrets }) => Object.entries(secrets).map(([name, make]) => [name, make(random)])))

/** What people changed in the file stays; names that it lacks are added. */
function writeMissing(file: string, text: string): void {
  const known = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const names = new Set(known.split('\n').map(line => line.split('=')[0]))
  const lacking = text.split('\n').filter(line => line !== '' && !names.has(line.split('=')[0]))
  if (lacking.length > 0) writePrivateText(file, `${[known.trimEnd(), ...lacking].filter(Boolean).join('\n')}\n`)
}

const envText = (named: Record<string, string>): string =>
  Object.entries(named)
    .map(([name, value]) => `${name.toUpperCase().replaceAll('-', '_')}=${value}\n`)
    .join('')

/** Files of before hold less. */
type Known = Partial<Omit<Secrets, 'strategies'>> & { strategies?: Record<string, Partial<StrategySecrets>> }

const read = (file: string): Known | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new Error(`${file} cannot be read: ${(error as Error).message}. Remove it, or begin anew with --reset.`, { cause: error })
  }
}
