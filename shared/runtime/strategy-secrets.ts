import { randomBytes } from 'node:crypto'
import { audited, type NewAuditLine } from '../store/audit-log.ts'
import type { Store } from '../store/collection.ts'
import {
  changeStrategy,
  type StrategyChanges,
  type StrategyConfiguration,
  strategyById,
  withoutSecrets,
} from '../store/strategy-configurations.ts'
import { sha256 } from './access.ts'
import { seal } from './sealed.ts'

export const secretKinds = ['api_key', 'passphrase', 'path_token', 'hmac_secret'] as const
export type SecretKind = (typeof secretKinds)[number]

const random = () => randomBytes(24).toString('base64url')

/** A new secret of a strategy: 192 random bits, an API key behind the strategy's name. */
export const newSecret = (kind: SecretKind, strategy_id: string): string =>
  kind === 'api_key' ? `sk_${strategy_id}_${random()}` : random()

/** Where what is kept of a secret lies: hashes, and what signs, sealed. */
const fields = {
  api_key: 'api_key_hashes',
  passphrase: 'passphrase_hashes',
  path_token: 'path_token_hashes',
  hmac_secret: 'hmac_keys',
} as const

export interface Rotation {
  strategy_id: string
  which: SecretKind
  /** Whether what was valid until now ends at once; otherwise the last one stays valid beside the new. */
  revoke_former: boolean
}

export interface Rotated {
  /** Shown once. */
  secret: string
  /** How many are valid now. */
  valid: number
  version: number
}

interface Means {
  /** What the secret `hmac-encryption-key` holds. */
  sealing_key: string | null
  now: Date
  /** Who does it, and why. */
  by: Omit<NewAuditLine, 'what' | 'before' | 'after'>
}

/** Gives a strategy a new secret, in one with its audit line; null where there is no such strategy. @throws Error for an HMAC secret without a sealing key */
export function rotateSecret(store: Store, rotation: Rotation, { sealing_key, now, by }: Means): Promise<Rotated | null> {
  const { strategy_id, which, revoke_former } = rotation
  const field = fields[which]
  const secret = newSecret(which, strategy_id)
  const kept = which === 'hmac_secret' ? sealedFor(strategy_id, secret, sealing_key) : sha256(secret)
  return audited(store, async within => {
    for (;;) {
      const before = await strategyById(store, strategy_id)
      if (!before || before.deleted_at) return { result: null, line: null }
      const changes: StrategyChanges = { [field]: [kept, ...(revoke_former ? [] : before[field].slice(0, 1))], updated_at: now }
      const after = await changeStrategy(store, { strategy_id, version: before.version, changes }, within)
      if (after)
        return { result: { secret, valid: after[field].length, version: after.version }, line: lineOf({ which, by, before, after }) }
    }
  })
}

const sealedFor = (strategy_id: string, secret: string, sealing_key: string | null): string => {
  if (sealing_key === null) throw new Error('SEALING_KEY: there is no secret hmac-encryption-key to seal an HMAC secret under')
  return seal(secret, { key: sealing_key, bound_to: strategy_id })
}

interface Change {
  which: SecretKind
  by: Means['by']
  before: StrategyConfiguration
  after: StrategyConfiguration
}

const lineOf = ({ which, by, before, after }: Change): NewAuditLine => ({
  ...by,
  what: `strategy ${which} rotated`,
  before: withoutSecrets(before),
  after: withoutSecrets(after),
})
