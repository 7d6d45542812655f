import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cachedSecrets, openSecrets } from '../../../../shared/cloud/secrets.ts'

describe('a secret', () => {
  const reads: string[] = []
  let held: string | Error = 'first'
  let clock = 0
  const read = async (name: string) => {
    reads.push(name)
    if (held instanceof Error) throw held
    return held
  }

  afterEach(() => {
    reads.length = 0
    held = 'first'
    clock = 0
  })

  it('is read once for a while, and seen when it was rotated', async () => {
    const secrets = cachedSecrets(read, { ttlMs: 100, now: () => clock })
    expect(await Promise.all([secrets.read('token'), secrets.read('token')])).toEqual(['first', 'first'])
    held = 'second'
    clock = 99
    expect(await secrets.read('token')).toBe('first')
    clock = 100
    expect(await secrets.read('token')).toBe('second')
    expect(reads).toEqual(['token', 'token'])
  })

  it('stays in use while it cannot be read again', async () => {
    const secrets = cachedSecrets(read, { ttlMs: 100, now: () => clock })
    await secrets.read('token')
    held = new Error('not now')
    clock = 100
    expect(await secrets.read('token')).toBe('first')
  })

  it('that was never read fails, and is asked for again', async () => {
    const secrets = cachedSecrets(read, { ttlMs: 100, now: () => clock })
    held = new Error('not now')
    await expect(secrets.read('token')).rejects.toThrow('not now')
    held = 'first'
    expect(await secrets.read('token')).toBe('first')
  })
})

describe('secrets in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('are found by name, in the first file that has them', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    writeFileSync(one, '# what people keep\nTELEGRAM_TOKEN="123:abc=" \nEMPTY=\n')
    writeFileSync(two, 'export HMAC_ENCRYPTION_KEY=a2V5=\nTELEGRAM_TOKEN=other\nEMPTY=full\n')
    const secrets = openSecrets({ GOOGLE_CLOUD_PROJECT: 'p', SECRETS_FILES: [one, join(folder, 'none'), two].join(delimiter) })
    expect(await Promise.all(['telegram-token', 'hmac-encryption-key', 'empty', 'unknown'].map(secrets.read))).toEqual([
      '123:abc=',
      'a2V5=',
      'full',
      null,
    ])
  })

  it('are none where no file is named', async () => {
    expect(await openSecrets({ GOOGLE_CLOUD_PROJECT: 'p' }).read('telegram-token')).toBeNull()
  })
})
