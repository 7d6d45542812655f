import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openSource, SourceUnavailable } from '../../../../shared/cloud/source-file.ts'

let server: Server | null = null
afterEach(() => {
  server?.close()
  server?.closeAllConnections()
  server = null
  vi.unstubAllEnvs()
})

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The part of Cloud Storage's JSON API that is used: https://cloud.google.com/storage/docs/json_api/v1/objects/get */
async function bucket(objects: Record<string, string>): Promise<void> {
  const host = await listening(({ method, url = '' }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://any')
    const [, name = '', object = ''] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(pathname) ?? []
    const found = objects[`${decodeURIComponent(name)}/${decodeURIComponent(object)}`]
    const there = method === 'GET' && found !== undefined
    // Without `alt=media` it answers the object's metadata.
    if (!there) response.writeHead(404).end('{"error":{"code":404}}')
    else response.end(searchParams.get('alt') === 'media' ? found : JSON.stringify({ kind: 'storage#object', bucket: name }))
  })
  vi.stubEnv('STORAGE_EMULATOR_HOST', host)
}

async function textOf(source: string): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await openSource(source)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

describe('a source of bytes', () => {
  it('is an object of a bucket, whatever its path is called', async () => {
    await bucket({ 'backtests/of 2026/Gold+1.csv': 'date,return\n2026-03-02,0.01\n' })
    expect(await textOf('gs://backtests/of 2026/Gold+1.csv')).toBe('date,return\n2026-03-02,0.01\n')
  })

  it('says that a bucket has no such object', async () => {
    await bucket({})
    await expect(openSource('gs://backtests/Gold.csv')).rejects.toThrow(/^127\.0\.0\.1:\d+ answers 404$/)
  })

  it('is an address, and what that leads to', async () => {
    const host = await listening(({ url }, response) => {
      if (url === '/old') response.writeHead(302, { location: '/new' }).end()
      else response.end('found')
    })
    expect(await textOf(`${host}/old`)).toBe('found')
  })

  it('is given up where it only ever leads elsewhere', async () => {
    const host = await listening((_, response) => response.writeHead(302, { location: '/again' }).end())
    await expect(openSource(`${host}/`)).rejects.toThrow('more than 3 redirects')
  })

  it.each(['ftp://example.com/a.csv', 'http://example.com/a.csv', 'http://169.254.169.254/', 'file:///etc/passwd'])(
    'is not %s',
    async source => {
      await expect(openSource(source)).rejects.toThrow(/is not read; give an https URL or gs:/)
    },
  )

  it.each(['gs://bucket', 'a.csv', ''])('is not “%s”', async source => {
    await expect(openSource(source)).rejects.toBeInstanceOf(SourceUnavailable)
  })
})
