import { cachedSecrets, type WritableSecrets } from './cached-secrets.ts'
import { googleSecrets } from './google-secrets.ts'
import { secretFiles } from './secret-files.ts'

export interface SecretsConfig {
  GOOGLE_CLOUD_PROJECT: string
  /** Files of `NAME=value` lines, the first that has a name counts; what is written goes to the last. */
  SECRETS_FILES?: string | undefined
  K_SERVICE?: string | undefined
}

const LOCAL_TTL_MS = 1_000
const CLOUD_TTL_MS = 60_000

const opened = new Map<string, WritableSecrets>()

/** Google Secret Manager in the cloud; elsewhere the files that `SECRETS_FILES` names. */
export function openSecrets({ GOOGLE_CLOUD_PROJECT, SECRETS_FILES, K_SERVICE }: SecretsConfig): WritableSecrets {
  const key = `${GOOGLE_CLOUD_PROJECT}\n${SECRETS_FILES ?? ''}`
  const known = opened.get(key)
  if (known) return known
  const fromFiles = K_SERVICE === undefined || SECRETS_FILES !== undefined
  const secrets = fromFiles
    ? cachedSecrets(secretFiles(SECRETS_FILES ?? ''), { ttlMs: LOCAL_TTL_MS })
    : cachedSecrets(googleSecrets(GOOGLE_CLOUD_PROJECT), { ttlMs: CLOUD_TTL_MS })
  opened.set(key, secrets)
  return secrets
}
