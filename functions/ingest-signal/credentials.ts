import { timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import { sha256 } from '../../shared/runtime/access.ts'
import type { Problem } from '../../shared/runtime/problem.ts'
import type { Store } from '../../shared/store/collection.ts'
import { countFailure } from '../../shared/store/rate-limits.ts'
import {
  type StrategyConfiguration,
  strategyById,
  strategyByReference,
  strategyOfApiKey,
  strategyOfPathToken,
} from '../../shared/store/strategy-configurations.ts'
import { isAllowed } from './addresses.ts'
import { refuse } from './refuse.ts'
import { isSignedBy, type Signed } from './signature.ts'

/** Failures a minute, after which more of them are answered 429. A right credential always passes. */
const FAILURES_PER_SENDER = 30
const FAILURES_PER_ADDRESS = 120

/** Compared against where there is no strategy, so that an unknown name takes the same time as a wrong secret. */
const nobody = [sha256('')]

const matches = (hashes: readonly string[], secret: string | null): boolean => {
  if (secret === null || secret === '') return false
  const given = Buffer.from(sha256(secret), 'hex')
  // Every hash is compared, whichever fits.
  return hashes.map(hash => timingSafeEqual(Buffer.from(hash, 'hex'), given)).includes(true)
}

/** What a request shows of who sends it. */
export interface Credentials {
  /** A strategy's id, or its name. */
  reference: string | null
  passphrase: string | null
  api_key: string | null
  path_token: string | null
  signed: Signed | null
  address: string
}

export const hasCredential = ({ passphrase, api_key, path_token, signed }: Credentials): boolean =>
  [passphrase, api_key, path_token, signed].some(each => each !== null)

export interface Sender {
  strategy: StrategyConfiguration
  /** The signature, where it is what let the request in. */
  signed: Signed | null
}

interface Means {
  store: Store
  secrets: Secrets
  now: Date
}

/**
 * The strategy that a request may speak for (SIG-4): by its passphrase, its key, its signature or the token in its path.
 * @throws Problem 401, the same for an unknown strategy as for a wrong secret; 403 for a token from elsewhere; 429 after too many of them
 */
export async function authenticate(shown: Credentials, means: Means): Promise<Sender> {
  const claimed = await claimedStrategy(means.store, shown)
  const strategy = claimed?.deleted_at ? null : claimed
  const byPassphrase = matches(strategy?.passphrase_hashes ?? nobody, shown.passphrase)
  const byKey = matches(strategy?.api_key_hashes ?? nobody, shown.api_key)
  const bySignature = shown.signed !== null && (await isSignedBy(strategy, shown.signed, means))
  const byToken = matches(strategy?.path_token_hashes ?? nobody, shown.path_token)
  if (strategy && (byPassphrase || byKey)) return { strategy, signed: null }
  if (strategy && bySignature) return { strategy, signed: shown.signed }
  if (strategy && byToken && isAllowed(strategy.allowed_addresses, shown.address)) return { strategy, signed: null }
  throw await failure(shown, means, byToken)
}

/** The strategy that the body names; where it names none, the one whose token or key it is. */
async function claimedStrategy(store: Store, { reference, path_token, api_key }: Credentials): Promise<StrategyConfiguration | null> {
  if (reference !== null) return strategyByReference(store, reference)
  if (path_token !== null) return strategyOfPathToken(store, sha256(path_token))
  const strategy_id = api_key === null ? null : await strategyOfApiKey(store, sha256(api_key))
  return strategy_id === null ? null : strategyById(store, strategy_id)
}

async function failure({ reference, path_token, address }: Credentials, { store, now }: Means, fromElsewhere: boolean): Promise<Problem> {
  const sender = reference ?? path_token
  const [bySender, byAddress] = await Promise.all([
    sender === null ? null : countFailure(store, { key: `sender:${sha256(sender)}`, now }),
    countFailure(store, { key: `address:${address}`, now }),
  ])
  if ((bySender?.count ?? 0) > FAILURES_PER_SENDER || byAddress.count > FAILURES_PER_ADDRESS) {
    const { retry_after_s } = byAddress
    return refuse('TOO_MANY_FAILURES', `Too many wrong credentials. Try again in ${retry_after_s} s.`, [], {
      'retry-after': String(retry_after_s),
    })
  }
  if (fromElsewhere) {
    return refuse(
      'ADDRESS_NOT_ALLOWED',
      `This token is not taken from ${address}. Send from an address on the strategy’s list, or ask the fund to add it.`,
    )
  }
  return refuse(
    'BAD_CREDENTIALS',
    'No strategy of this name has this secret. Send the strategy’s passphrase in the body, its key in X-API-Key, or X-Signature with an X-Timestamp of now.',
  )
}
