import { once } from 'node:events'
import http, { type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { gatewayServer } from '../../../../../scripts/local/gateway/server.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function listen(server: Server, port = 0): Promise<number> {
  servers.push(server)
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return portOf(server)
}

const functionAt = (listener: RequestListener, port = 0) => listen(http.createServer(listener), port)

async function freePort(): Promise<number> {
  const server = http.createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const port = portOf(server)
  await new Promise(resolve => server.close(resolve))
  return port
}

async function gateway(port: number, patienceMs = 5_000): Promise<string> {
  const routes = [{ method: 'POST', path: '/api/v1/signals', step: 'ingest-signal', port }]
  return `http://127.0.0.1:${await listen(gatewayServer({ routes, functions: [{ step: 'ingest-signal', port }], patienceMs }))}`
}

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/v1/signals?a=1`, { method: 'POST', body, headers })

describe('gateway', () => {
  it('passes a request on under the name of its step, and the answer back', async () => {
    const port = await functionAt(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString()
      const { 'x-forwarded-for': from, 'x-api-key': key } = request.headers
      response.writeHead(201, { location: '/there', 'content-type': 'application/json' })
      response.end(JSON.stringify({ url: request.url, method: request.method, body, from, key }))
    })
    const answer = await post(await gateway(port), 'hello', { 'x-api-key': 'k', 'x-forwarded-for': '6.6.6.6' })
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/there'])
    expect(await answer.json()).toEqual({
      url: '/ingest-signal/api/v1/signals?a=1',
      method: 'POST',
      body: 'hello',
      from: '127.0.0.1',
      key: 'k',
    })
  })

  it('waits for a function that is being started again, and sends the body then', async () => {
    const port = await freePort()
    const answer = post(await gateway(port), 'late')
    await functionAt((request, response) => void request.pipe(response), port)
    expect(await (await answer).text()).toBe('late')
  })

  it('answers 503 with Retry-After when nobody comes', async () => {
    const answer = await post(await gateway(await freePort(), 60), 'x')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('answers 502, without a second try, when the function dies over the request', async () => {
    let calls = 0
    const port = await functionAt(request => {
      calls += 1
      request.socket.destroy()
    })
    const answer = await post(await gateway(port), 'x')
    expect([answer.status, calls]).toEqual([502, 1])
    expect(await answer.json()).toMatchObject({ code: 'CONNECTION_LOST' })
  })

  it('refuses unknown addresses and wrong methods in the form of all problems', async () => {
    const url = await gateway(await freePort())
    const unknown = await fetch(`${url}/nowhere`)
    expect([unknown.status, unknown.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    const wrong = await fetch(`${url}/api/v1/signals`)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('is healthy when every function is, and else says which is not', async () => {
    let status = 200
    const port = await functionAt((_, response) => void response.writeHead(status).end(JSON.stringify({ reasons: ['no database'] })))
    const url = await gateway(port)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    status = 503
    const ill = await fetch(`${url}/health`)
    expect(ill.status).toBe(503)
    expect(await ill.json()).toEqual({ status: 'unhealthy', service: 'gateway', reasons: ['ingest-signal: no database'] })
  })

  it('shows the documents of all functions as one', async () => {
    const port = await functionAt((request, response) => {
      expect(request.url).toBe('/ingest-signal/openapi.json')
      response.end(
        JSON.stringify({ openapi: '3.1.0', paths: { '/api/v1/signals': { post: {} } }, components: { schemas: { Problem: {} } } }),
      )
    })
    expect(await (await fetch(`${await gateway(port)}/openapi.json`)).json()).toMatchObject({
      openapi: '3.1.0',
      paths: { '/api/v1/signals': { post: {} } },
      components: { schemas: { Problem: {} } },
    })
  })
})
