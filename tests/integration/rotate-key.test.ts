import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstBreak } from '../../shared/store/audit-log.ts'
import { demoStrategy, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const root = fileURLToPath(new URL('../..', import.meta.url))

const rotate = async (...words: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/rotate-key.ts', ...words, '--data', system.dataDir], {
    cwd: root,
  })
  return stdout.split('\n')[0] ?? ''
}

const post = async (changes: Record<string, unknown>, headers: Record<string, string> = {}) =>
  (
    await system.post(
      '/api/v1/signals',
      { strategy_name: 'Forex', signal: { ticker: 'AUDCAD', action: 'BUY' }, signalID: 'one', ...changes },
      headers,
    )
  ).status

describe('npm run rotate-key', () => {
  it('makes a secret that is valid at once, beside the former until that is revoked', async () => {
    const { passphrase: former } = demoStrategy(system, 'Forex')
    const next = await rotate('Forex', 'passphrase')
    expect([await post({ passphrase: next }), await post({ passphrase: former })]).toEqual([201, 200])
    const last = await rotate('Forex', 'passphrase', '--revoke-former')
    expect([await post({ passphrase: last }), await post({ passphrase: next }), await post({ passphrase: former })]).toEqual([
      200, 401, 401,
    ])
  })

  it('seals a key to sign with under this deployment’s own', async () => {
    const secret = await rotate('Forex', 'hmac-secret')
    const body = JSON.stringify({ strategy_name: 'Forex', signal: { ticker: 'AUDCAD', action: 'BUY' }, signalID: 'signed' })
    const timestamp = String(Math.floor(Date.now() / 1000))
    const hex = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
    expect((await system.post('/api/v1/signals', body, { 'x-timestamp': timestamp, 'x-signature': `sha256=${hex}` })).status).toBe(201)
  })

  it('says what it takes, and what is not there', async () => {
    await expect(rotate('Forex', 'handshake')).rejects.toThrow('npm run rotate-key -- STRATEGY_ID KIND')
    await expect(rotate('Nobody', 'api_key')).rejects.toThrow('There is no strategy Nobody')
  })

  it('is written down without the secret', async () => {
    const store = { db: system.db(), fund_id: 'mathematricks_fund' }
    expect(await firstBreak(store, 'rotate-key')).toBeNull()
    expect(await system.db().collection('audit_log').distinct('what', { writer: 'rotate-key' })).toEqual([
      'strategy hmac_secret rotated',
      'strategy passphrase rotated',
    ])
  })
})
