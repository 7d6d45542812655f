import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** The secret under which the HMAC keys of strategies are sealed. */
export const SEALING_SECRET = 'hmac-encryption-key'

const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32

/** The keys that a secret holds, base64 with commas between: what is sealed is sealed under the first, and opened under any. */
const keysOf = (secret: string): Buffer[] =>
  secret.split(',').map(text => {
    const key = Buffer.from(text.trim(), 'base64')
    if (key.length !== KEY_BYTES) throw new Error(`SEALING_KEY: must be ${KEY_BYTES} bytes in base64`)
    return key
  })

/** Encrypts with AES-256-GCM; `bound_to` is not kept but must be the same again at opening, so that a sealed text is of use in one place only. */
export function seal(text: string, { key, bound_to }: { key: string; bound_to: string }): string {
  const [current] = keysOf(key)
  if (!current) throw new Error('SEALING_KEY: there is none')
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', current, iv).setAAD(Buffer.from(bound_to))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** The text of `seal`; null where it was sealed under another key, for another place, or changed since. */
export function unseal(sealed: string, { key, bound_to }: { key: string; bound_to: string }): string | null {
  const bytes = Buffer.from(sealed, 'base64')
  if (bytes.length < IV_BYTES + TAG_BYTES) return null
  const [iv, tag, content] = [
    bytes.subarray(0, IV_BYTES),
    bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES),
    bytes.subarray(IV_BYTES + TAG_BYTES),
  ]
  for (const each of keysOf(key)) {
    try {
      const decipher = createDecipheriv('aes-256-gcm', each, iv).setAAD(Buffer.from(bound_to)).setAuthTag(tag)
      return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8')
    } catch {
      // Not this key: the next may be it.
    }
  }
  return null
}
