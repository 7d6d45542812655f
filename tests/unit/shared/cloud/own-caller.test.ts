import { createSign, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCallerCheck } from '../../../../shared/cloud/own-caller.ts'

const audience = 'https://cerebro.example'
const service_account = 'push-cerebro@fund.iam.gserviceaccount.com'
const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const others = generateKeyPairSync('rsa', { modulusLength: 2048 })

let server: Server
let certificates_url: string

beforeAll(async () => {
  const published = { k1: keys.publicKey.export({ type: 'spki', format: 'pem' }) }
  server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' }).end(JSON.stringify(published)),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  certificates_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`
})
afterAll(() => server.close())

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** As Pub/Sub's push tokens are: signed with RS256, by Google. */
function token(claims: object = {}, { key = keys.privateKey, header = { alg: 'RS256', kid: 'k1', typ: 'JWT' } } = {}): string {
  const now = Math.floor(Date.now() / 1000)
  const own = {
    iss: 'https://accounts.google.com',
    aud: audience,
    email: service_account,
    email_verified: true,
    sub: '1',
    iat: now,
    exp: now + 3600,
  }
  const signed = `${encoded(header)}.${encoded({ ...own, ...claims })}`
  return `Bearer ${signed}.${createSign('RSA-SHA256').update(signed).sign(key, 'base64url')}`
}

const check = (settings: object = {}) =>
  openCallerCheck({ push_token: undefined, audience, service_account, certificates_url, ...settings })

describe('the caller of a private function', () => {
  it('is let in with a token that Google signed for this function and its own service account', async () => {
    expect(await check()(token())).toBe(true)
  })

  it('is refused with anything else', async () => {
    const isOwnCaller = check()
    const past = Math.floor(Date.now() / 1000) - 7200
    const refused = {
      'nothing at all': undefined,
      'no token': 'Bearer nothing',
      'another scheme': token().replace('Bearer', 'Basic'),
      'another function’s': token({ aud: 'https://execute-order.example' }),
      'another service account’s': token({ email: 'somebody@fund.iam.gserviceaccount.com' }),
      'an unverified address': token({ email_verified: false }),
      'another issuer’s': token({ iss: 'https://evil.example' }),
      'one that has expired': token({ iat: past, exp: past + 3600 }),
      'another key’s': token({}, { key: others.privateKey }),
      'an unknown key’s': token({}, { header: { alg: 'RS256', kid: 'k2', typ: 'JWT' } }),
      'an unsigned one': `Bearer ${encoded({ alg: 'none', kid: 'k1' })}.${token().split('.')[1]}.`,
    }
    for (const [name, authorization] of Object.entries(refused)) expect(await isOwnCaller(authorization), name).toBe(false)
  })

  it('is not judged while the certificates cannot be had', async () => {
    await expect(check({ certificates_url: 'http://127.0.0.1:1/certs' })(token())).rejects.toThrow('certificates')
  })

  it('shows the token of its machine where there is one', async () => {
    const isOwnCaller = check({ push_token: 'secret' })
    expect(await isOwnCaller('Bearer secret')).toBe(true)
    for (const wrong of [undefined, 'Bearer secre', 'Bearer secrets', 'secret', token()]) expect(await isOwnCaller(wrong)).toBe(false)
  })
})
