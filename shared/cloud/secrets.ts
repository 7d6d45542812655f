import { existsSync, readFileSync } from 'node:fs'
import { delimiter } from 'node:path'

/** Secrets by name, such as `telegram-token`: the one way to them. */
export interface Secrets {
  /** Null where there is none of this name. A rotated one is seen after some seconds, without a restart. */
  read(name: string): Promise<string | null>
}

export interface SecretsConfig {
  GOOGLE_CLOUD_PROJECT: string
  /** Files of `NAME=value` lines, the first that has a name counts. */
  SECRETS_FILES?: string | undefined
  K_SERVICE?: string | undefined
}

const LOCAL_TTL_MS = 1_000
const CLOUD_TTL_MS = 60_000

type Read = (name: string) => Promise<string | null>

const opened = new Map<string, Secrets>()

/** Google Secret Manager in the cloud; elsewhere the files that `SECRETS_FILES` names. */
export function openSecrets({ GOOGLE_CLOUD_PROJECT, SECRETS_FILES, K_SERVICE }: SecretsConfig): Secrets {
  const key = `${GOOGLE_CLOUD_PROJECT}\n${SECRETS_FILES ?? ''}`
  const known = opened.get(key)
  if (known) return known
  const fromFiles = K_SERVICE === undefined || SECRETS_FILES !== undefined
  const secrets = fromFiles
    ? cachedSecrets(readingFiles((SECRETS_FILES ?? '').split(delimiter).filter(Boolean)), { ttlMs: LOCAL_TTL_MS })
    : cachedSecrets(readingSecretManager(GOOGLE_CLOUD_PROJECT), { ttlMs: CLOUD_TTL_MS })
  opened.set(key, secrets)
  return secrets
}

/** Remembers each secret for a while. Where it then cannot be read again, the one that is known stays in use. */
export function cachedSecrets(read: Read, { ttlMs, now = () => performance.now() }: { ttlMs: number; now?: () => number }): Secrets {
  const remembered = new Map<string, { value: Promise<string | null>; until: number }>()
  return {
    read(name) {
      const known = remembered.get(name)
      if (known && known.until > now()) return known.value
      const value = read(name).catch((error: unknown) => {
        if (known) return known.value
        remembered.delete(name)
        throw error
      })
      remembered.set(name, { value, until: now() + ttlMs })
      return value
    },
  }
}

/** `telegram-token` is `TELEGRAM_TOKEN` in a file. */
const fileName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

const readingFiles =
  (files: readonly string[]): Read =>
  async name => {
    for (const file of files) {
      const value = existsSync(file) ? linesOf(readFileSync(file, 'utf8')).get(fileName(name)) : undefined
      if (value) return value
    }
    return null
  }

const linesOf = (text: string): Map<string, string> =>
  new Map(
    text.split('\n').flatMap(line => {
      const found = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)
      return found ? [[found[1] ?? '', (found[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')] as const] : []
    }),
  )

const NOT_FOUND = 5 // gRPC

function readingSecretManager(project: string): Read {
  const client = import('@google-cloud/secret-manager').then(({ SecretManagerServiceClient }) => new SecretManagerServiceClient())
  client.catch(() => undefined) // told to whoever reads
  return async name => {
    try {
      const [version] = await (await client).accessSecretVersion({ name: `projects/${project}/secrets/${name}/versions/latest` })
      return version.payload?.data?.toString().trim() || null
    } catch (error) {
      if ((error as { code?: number }).code === NOT_FOUND) return null
      throw error
    }
  }
}
