import { createRequire } from 'node:module'
import { credentials, Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { implementation, Refusal } from '../../../scripts/local/grpc-service.ts'
import { cachedSecrets } from '../../../shared/cloud/cached-secrets.ts'
import { googleSecrets } from '../../../shared/cloud/google-secrets.ts'

// Secret Manager's gRPC service, as far as we ask it; Google's own client speaks to it, unchanged.

/** Versions by secret, the newest last; null for one that was destroyed. */
const held = new Map<string, (string | null)[]>()
const asked: string[] = []
const missing = (what: string) => new Refusal(status.NOT_FOUND, `${what} not found.`)

const newestOf = (path: string) => {
  const [, name = ''] = /secrets\/([^/]+)\/versions\/latest$/.exec(path) ?? []
  const versions = held.get(name) ?? []
  const data = versions.at(-1)
  if (data === undefined || data === null) throw missing(path)
  return { name: path.replace('latest', String(versions.length)), data }
}

const handlers = {
  AccessSecretVersion: ({ name }: { name: string }) => {
    asked.push(`access ${name}`)
    const { name: version, data } = newestOf(name)
    return { name: version, payload: { data: Buffer.from(data) } }
  },
  AddSecretVersion: ({ parent, payload }: { parent: string; payload: { data: Buffer } }) => {
    const versions = held.get(parent.split('/').at(-1) ?? '')
    if (!versions) throw missing(parent)
    versions.push(payload.data.toString())
    return { name: `${parent}/versions/${versions.length}` }
  },
  CreateSecret: ({ secretId }: { secretId: string }) => {
    held.set(secretId, [])
    return { name: `projects/p/secrets/${secretId}` }
  },
  DestroySecretVersion: ({ name }: { name: string }) => {
    const [, secret = '', version] = /secrets\/([^/]+)\/versions\/(\d+)$/.exec(name) ?? []
    held.get(secret)?.splice(Number(version) - 1, 1, null)
    return { name }
  },
}

const server = new Server()
let place: ReturnType<typeof googleSecrets>
beforeAll(async () => {
  const protos = createRequire(import.meta.url)('@google-cloud/secret-manager/build/protos/protos.json')
  const definition = fromJSON(protos, { longs: String, enums: String, defaults: false, oneofs: true })
  const service = definition['google.cloud.secretmanager.v1.SecretManagerService'] as ServiceDefinition
  server.addService(service, implementation(service, handlers, 'secret manager of the tests'))
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  place = googleSecrets('p', { apiEndpoint: '127.0.0.1', port, sslCreds: credentials.createInsecure() } as Parameters<
    typeof googleSecrets
  >[1])
})
afterAll(() => server.forceShutdown())

it('reads the newest version, and null where there is no such secret', async () => {
  held.set('broker', ['old', 'new\n'])
  expect([await place.read('broker'), await place.read('nobody')]).toEqual(['new', null])
  expect(asked).toContain('access projects/p/secrets/broker/versions/latest')
})

it('adds a version that everybody reads from then on, and destroys the one before', async () => {
  held.set('login', ['yesterday'])
  await place.write('login', 'today')
  expect([await place.read('login'), held.get('login')]).toEqual(['today', [null, 'today']])
})

it('makes a secret that is not there yet', async () => {
  await place.write('first-login', 'token')
  expect(await place.read('first-login')).toBe('token')
})

it('asks again for one that was rotated, when its time is up or somebody was refused with it', async () => {
  held.set('key', ['one'])
  let clock = 0
  const secrets = cachedSecrets(place, { ttlMs: 60_000, now: () => clock })
  expect(await secrets.read('key')).toBe('one')
  held.get('key')?.push('two')
  expect(await secrets.read('key')).toBe('one')
  clock = 1_000
  expect(await secrets.read('key', { fresh: true })).toBe('two')
})

it('tells nothing of a secret when it cannot be written', async () => {
  const full = cachedSecrets({ ...place, write: () => Promise.reject(new Error('PERMISSION_DENIED: not yours')) }, { ttlMs: 1 })
  await expect(full.write('login', 'plantedtoken')).rejects.not.toThrow('plantedtoken')
})
