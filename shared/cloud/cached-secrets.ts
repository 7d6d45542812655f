/** Secrets by name, such as `telegram-token`: the one way to them. */
export interface Secrets {
  /** Null where there is none of this name. A rotated one is seen after some seconds, without a restart; at once by whoever asks for it fresh. */
  read(name: string, options?: { fresh?: boolean }): Promise<string | null>
}

export interface WritableSecrets extends Secrets {
  /** Replaces one, for every process that reads it. */
  write(name: string, value: string): Promise<void>
}

/** Where secrets lie. */
export interface SecretPlace {
  read(name: string): Promise<string | null>
  write(name: string, value: string): Promise<void>
}

/** However often a fresh one is asked for, a secret is read no more often than this. */
const AT_MOST_EVERY_MS = 500

interface Remembered {
  value: Promise<string | null>
  read_at: number
}

/** Remembers each secret for a while. Where it then cannot be read again, the one that is known stays in use. */
export function cachedSecrets(
  { read, write }: SecretPlace,
  { ttlMs, now = () => performance.now() }: { ttlMs: number; now?: () => number },
): WritableSecrets {
  const remembered = new Map<string, Remembered>()
  return {
    read(name, { fresh = false } = {}) {
      const known = remembered.get(name)
      if (known && now() - known.read_at < (fresh ? Math.min(AT_MOST_EVERY_MS, ttlMs) : ttlMs)) return known.value
      const value = read(name).catch((error: unknown) => {
        if (known) return known.value
        remembered.delete(name)
        throw error
      })
      remembered.set(name, { value, read_at: now() })
      return value
    },
    async write(name, value) {
      await write(name, value)
      remembered.set(name, { value: Promise.resolve(value), read_at: now() })
    },
  }
}
