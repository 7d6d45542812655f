import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { cachedSecrets } from '../../../../shared/cloud/cached-secrets.ts'
import { openSecrets } from '../../../../shared/cloud/secrets.ts'

describe('a secret', () => {
  const reads: string[] = []
  let held: string | Error = 'first'
  let clock = 0
  const read = async (name: string) => {
    reads.push(name)
    if (held instanceof Error) throw held
    return held
  }
  const write = async (_name: string, value: string) => {
    held = value
  }

  afterEach(() => {
    reads.length = 0
    held = 'first'
    clock = 0
  })

  it('is read once for a while, and seen when it was rotated', async () => {
    const secrets = cachedSecrets({ read, write }, { ttlMs: 100, now: () => clock })
    expect(await Promise.all([secrets.read('token'), secrets.read('token')])).toEqual(['first', 'first'])
    held = 'second'
    clock = 99
    expect(await secrets.read('token')).toBe('first')
    clock = 100
    expect(await secrets.read('token')).toBe('second')
    expect(reads).toEqual(['token', 'token'])
  })

  it('stays in use while it cannot be read again', async () => {
    const secrets = cachedSecrets({ read, write }, { ttlMs: 100, now: () => clock })
    await secrets.read('token')
    held = new Error('not now')
    clock = 100
    expect(await secrets.read('token')).toBe('first')
  })

  it('is read anew for whoever was refused with it, though not again and again', async () => {
    const secrets = cachedSecrets({ read, write }, { ttlMs: 60_000, now: () => clock })
    await secrets.read('token')
    held = 'second'
    clock = 499
    expect(await secrets.read('token', { fresh: true })).toBe('first')
    clock = 500
    expect(await secrets.read('token', { fresh: true })).toBe('second')
    expect(await secrets.read('token')).toBe('second')
  })

  it('is known at once to the process that wrote it', async () => {
    const secrets = cachedSecrets({ read, write }, { ttlMs: 60_000, now: () => clock })
    await secrets.read('token')
    await secrets.write('token', 'written')
    expect(await secrets.read('token')).toBe('written')
  })

  it('that was never read fails, and is asked for again', async () => {
    const secrets = cachedSecrets({ read, write }, { ttlMs: 100, now: () => clock })
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
    expect(await Promise.all(['telegram-token', 'hmac-encryption-key', 'empty', 'unknown'].map(name => secrets.read(name)))).toEqual([
      '123:abc=',
      'a2V5=',
      'full',
      null,
    ])
  })

  it('are written to the last file, for every process and for no other person', async () => {
    const [one, two] = [join(folder, 'own'), join(folder, 'made')]
    mkdirSync(folder, { recursive: true })
    writeFileSync(two, '# kept\nKITE_SESSION=old\nOTHER=1\n')
    const SECRETS_FILES = [one, two].join(delimiter)
    await openSecrets({ GOOGLE_CLOUD_PROJECT: 'writer', SECRETS_FILES }).write('kite-session', '{"token":"a=b"}')
    expect(readFileSync(two, 'utf8')).toBe('# kept\nOTHER=1\nKITE_SESSION={"token":"a=b"}\n')
    expect(statSync(two).mode & 0o777).toBe(0o600)
    expect(await openSecrets({ GOOGLE_CLOUD_PROJECT: 'reader', SECRETS_FILES }).read('kite-session')).toBe('{"token":"a=b"}')
  })

  it('are none where no file is named', async () => {
    expect(await openSecrets({ GOOGLE_CLOUD_PROJECT: 'p' }).read('telegram-token')).toBeNull()
  })
})
