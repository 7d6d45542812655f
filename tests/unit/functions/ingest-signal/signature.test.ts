import { describe, expect, it } from 'vitest'
import { isSignedBy, signatureOf } from '../../../../functions/ingest-signal/signature.ts'
import { seal } from '../../../../shared/runtime/sealed.ts'

const key = Buffer.alloc(32, 7).toString('base64')
const secrets = { read: async () => key }
const rawBody = Buffer.from('{"strategy_name":"Forex"}')
const timestamp = '1772463600' // 2026-03-02T15:00:00Z

// printf '1772463600.{"strategy_name":"Forex"}' | openssl dgst -sha256 -hmac 'the secret'
const hex = '60c76c08d479ea1917de2721ccaa3d3fcb5931cefec91ef639b577602ad933ae'

const sealed = (secret: string, bound_to = 'Forex') => seal(secret, { key, bound_to })
const signer = { strategy_id: 'Forex', hmac_keys: [sealed('the secret')] }

const judged = (changes: { headers?: Record<string, string>; body?: Buffer; by?: typeof signer | null; now?: string } = {}) => {
  const headers = { 'x-signature': `sha256=${hex}`, 'x-timestamp': timestamp, ...changes.headers }
  const signed = signatureOf(headers, changes.body ?? rawBody)
  const by = changes.by === undefined ? signer : changes.by
  return signed && isSignedBy(by, signed, { secrets, now: new Date(changes.now ?? '2026-03-02T15:00:00Z') })
}

describe('a signed request', () => {
  it('is let in where the key signed its time and its bytes', async () => {
    expect(await judged()).toBe(true)
    expect(await judged({ headers: { 'x-signature': `sha256=${hex.toUpperCase()}` } })).toBe(true)
  })

  it('is not where a byte, the time or the key is another', async () => {
    expect(await judged({ body: Buffer.from('{"strategy_name":"Forey"}') })).toBe(false)
    expect(await judged({ headers: { 'x-timestamp': '1772463601' } })).toBe(false)
    expect(await judged({ by: { ...signer, hmac_keys: [sealed('another secret')] } })).toBe(false)
    expect(await judged({ by: { ...signer, hmac_keys: [] } })).toBe(false)
    expect(await judged({ by: null })).toBe(false)
  })

  it('is let in by either of two keys', async () => {
    expect(await judged({ by: { ...signer, hmac_keys: [sealed('a newer secret'), sealed('the secret')] } })).toBe(true)
  })

  it('is not where the key was sealed for another strategy', async () => {
    expect(await judged({ by: { ...signer, hmac_keys: [sealed('the secret', 'ES_Futures')] } })).toBe(false)
  })

  it.each([
    ['2026-03-02T15:05:00Z', true],
    ['2026-03-02T15:05:00.001Z', false],
    ['2026-03-02T14:55:00Z', true],
    ['2026-03-02T14:54:59Z', false],
  ])('stamped at 15:00 is at %s let in: %s', async (now, expected) => {
    expect(await judged({ now })).toBe(expected)
  })

  it.each(['', 'sha256=', hex, `sha1=${hex}`, `sha256=${hex}00`, `sha256=${'g'.repeat(64)}`])('%j is no signature', header => {
    expect(judged({ headers: { 'x-signature': header } })).toBeNull()
  })

  it.each(['', 'now', '1772463600.5', '-1', ' '])('%j is no time', header => {
    expect(judged({ headers: { 'x-timestamp': header } })).toBeNull()
  })
})
