import { timingSafeEqual } from 'node:crypto'
import { sha256 } from '../../shared/runtime/access.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import type { Store } from '../../shared/store/collection.ts'
import { countFailure } from '../../shared/store/rate-limits.ts'
import { type StrategyConfiguration, strategyByReference } from '../../shared/store/strategy-configurations.ts'

/** Failures a minute, after which more of them are answered 429. A right credential always passes. */
const FAILURES_PER_SENDER = 30
const FAILURES_PER_ADDRESS = 120

/** Compared against where there is no strategy, so that an unknown name takes the same time as a wrong secret. */
const nobody = [sha256('')]

const matches = (hashes: readonly string[], secret: string | null | undefined): boolean => {
  if (secret === null || secret === undefined || secret === '') return false
  const given = Buffer.from(sha256(secret), 'hex')
  // Every hash is compared, whichever fits.
  return hashes.map(hash => timingSafeEqual(Buffer.from(hash, 'hex'), given)).includes(true)
}

export interface Claim {
  reference: string
  passphrase: string | null
  api_key: string | undefined
  address: string
  now: Date
}

/**
 * The strategy that a request may speak for: its passphrase in the body, or its key in `X-API-Key`.
 * @throws Problem 401, the same for an unknown strategy as for a wrong secret; 429 after too many of them
 */
export async function authenticate(store: Store, { reference, passphrase, api_key, address, now }: Claim): Promise<StrategyConfiguration> {
  const strategy = await strategyByReference(store, reference)
  const byPassphrase = matches(strategy?.passphrase_hashes ?? nobody, passphrase)
  const byKey = matches(strategy?.api_key_hashes ?? nobody, api_key)
  if (strategy && (byPassphrase || byKey)) return strategy

  const [sender, from] = await Promise.all([
    countFailure(store, { key: `sender:${sha256(reference)}`, now }),
    countFailure(store, { key: `address:${address}`, now }),
  ])
  if (sender.count > FAILURES_PER_SENDER || from.count > FAILURES_PER_ADDRESS) {
    const detail = `Too many wrong credentials. Try again in ${sender.retry_after_s} s.`
    throw new Problem({ status: 429, code: 'TOO_MANY_FAILURES', detail, headers: { 'retry-after': String(sender.retry_after_s) } })
  }
  throw new Problem({
    status: 401,
    code: 'BAD_CREDENTIALS',
    detail: 'No strategy of this name has this secret. Send the strategy’s passphrase in the body, or its key in X-API-Key.',
  })
}
