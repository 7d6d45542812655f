import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { date, decimal, identifier } from '../../shared/messages/codecs.ts'
import { sha256 } from '../../shared/runtime/access.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { route } from '../../shared/runtime/route.ts'
import { openStore } from '../../shared/store/open.ts'
import { strategyConfigurations } from '../../shared/store/strategy-configurations.ts'
import { configOf, printed, served, startDatabase } from './runtime-harness.ts'

const answer = z.object({ price: decimal, at: date })
const ofStrategy = z.object({ strategy_id: identifier })
const refusals: string[] = []

const routes = {
  'POST /orders': route({
    summary: 'Takes an order',
    access: 'public',
    body: z.object({ quantity: decimal, note: z.string().optional() }),
    answer,
    limit: 64 * 1024,
    handle: async ({ body, request_id }) => ({ status: 201, headers: { location: '/orders/1' }, body: { got: body.quantity, request_id } }),
    refused: async ({ code }) => {
      refusals.push(code)
    },
  }),
  'POST /raw': route({
    summary: 'Takes anything',
    access: 'sender-credential',
    answer,
    handle: async ({ rawBody }) => ({ body: { bytes: rawBody.length, text: rawBody.toString().slice(0, 40) } }),
  }),
  'GET /address': route({ summary: 'From where', access: 'public', answer, handle: async ({ address }) => ({ body: { address } }) }),
  'GET /list/:strategy_id': route({
    summary: 'Lists',
    access: 'public',
    params: ofStrategy,
    query: z.object({ limit: z.coerce.number().int().max(50).default(10) }),
    answer,
    handle: async ({ params, query }) => ({ body: { ...params, ...query } }),
  }),
  'GET /own/:strategy_id': route({
    summary: 'For the strategy itself',
    access: 'strategy-key',
    params: ofStrategy,
    answer,
    handle: async ({ caller }) => ({ body: caller }),
  }),
  'PUT /people': route({ summary: 'For people', access: ['admin'], answer, handle: async () => ({ body: 'let in' }) }),
  'GET /busy': route({
    summary: 'Refuses',
    access: 'public',
    answer,
    handle: async () => {
      throw new Problem({ status: 429, code: 'TOO_MANY', detail: 'Later.', headers: { 'retry-after': '7' } })
    },
  }),
  'GET /broken': route({
    summary: 'Fails',
    access: 'public',
    answer,
    handle: async () => {
      throw new Error('the inside of something')
    },
  }),
} as const

let base: string
let stopDatabase: () => Promise<void>

beforeAll(async () => {
  const database = await startDatabase()
  stopDatabase = database.stop
  const config = configOf({ MONGODB_URI: database.uri })
  await strategyConfigurations.in(openStore(config)).insertOne({ strategy_id: 'Forex', api_key_hashes: [sha256('sk_Forex_1')] })
  defineHttp('dashboards', { config, routes })
  base = await served('dashboards')
})

const call = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(`${base}${path}`, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: JSON.parse(text === '' ? 'null' : text) as Record<string, unknown>,
  }
}

const post = (path: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  call(path, { method: 'POST', body, headers })

const problem = async (answered: ReturnType<typeof call>) => {
  const { status, headers, body } = await answered
  expect(headers.get('content-type')).toBe('application/problem+json')
  expect(Object.keys(body)).toEqual(['type', 'title', 'status', 'code', 'detail', 'errors'])
  expect(body.status).toBe(status)
  return `${status} ${body.code}`
}

describe('a request to an HTTP function', () => {
  it('is parsed without rounding, handled and answered with a request id', async () => {
    const { status, headers, body } = await post('/orders', '{"quantity":"0.10000000000000001"}')
    expect([status, headers.get('location'), body.got]).toEqual([201, '/orders/1', '0.10000000000000001'])
    expect(headers.get('x-request-id')).toBe(body.request_id)
    expect(headers.get('content-type')).toMatch(/^application\/json/)
  })

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/cloudevents+json', 'what/ever'])(
    'has its bytes as they came under content type %s',
    async type => {
      const { body } = await post('/raw', 'a=1&b={not json', { 'content-type': type })
      expect(body).toEqual({ bytes: 15, text: 'a=1&b={not json' })
    },
  )

  it('takes a path with a slash at its end', async () => {
    expect((await call('/list/Forex/')).body).toEqual({ strategy_id: 'Forex', limit: 10 })
  })

  it('has its query and its decoded path', async () => {
    expect((await call('/list/F%6Frex?limit=5')).body).toEqual({ strategy_id: 'Forex', limit: 5 })
  })
})

describe('a request that is refused', () => {
  it.each([
    ['no body', '', '400 NOT_JSON'],
    ['half an object', '{"quantity":1', '400 NOT_JSON'],
    ['NaN', '{"quantity":NaN}', '400 NOT_JSON'],
    ['a zero byte', '\u0000', '400 NOT_JSON'],
    ['deep nesting', '['.repeat(5000), '400 TOO_DEEP'],
    ['no object', '[]', '422 INVALID_INPUT'],
    ['a wrong type', '{"quantity":[]}', '422 INVALID_INPUT'],
    ['70 KiB', 'x'.repeat(70 * 1024), '413 BODY_TOO_LARGE'],
  ])('has a problem for %s', async (_name, body, expected) => {
    expect(await problem(post('/orders', body))).toBe(expected)
  })

  it('says which field was wrong', async () => {
    const { body } = await post('/orders', '{"quantity":"1","note":5}')
    expect(body.errors).toEqual([{ path: 'note', message: expect.any(String) }])
  })

  it('takes a body of exactly the limit', async () => {
    const padding = 64 * 1024 - '{"quantity":"1","note":""}'.length
    expect((await post('/orders', `{"quantity":"1","note":"${'x'.repeat(padding)}"}`)).status).toBe(201)
    expect(await problem(post('/orders', `{"quantity":"1","note":"${'x'.repeat(padding + 1)}"}`))).toBe('413 BODY_TOO_LARGE')
  })

  it('is told which methods an address takes', async () => {
    const answered = call('/orders', { method: 'DELETE' })
    expect(await problem(answered)).toBe('405 METHOD_NOT_ALLOWED')
    expect((await answered).headers.get('allow')).toBe('POST')
  })

  it('is told where there is nothing', async () => {
    expect(await problem(call('/nowhere'))).toBe('404 NOT_FOUND')
    expect(await problem(call('/list/a/b'))).toBe('404 NOT_FOUND')
  })

  it('is told what is wrong with its path and its query', async () => {
    expect(await problem(call('/list/$where'))).toBe('422 INVALID_INPUT')
    const { body } = await call('/list/Forex?limit=51')
    expect(body).toMatchObject({ code: 'INVALID_INPUT', detail: expect.stringContaining('query'), errors: [{ path: 'limit' }] })
  })

  it('keeps the headers of its problem', async () => {
    const answered = await call('/busy')
    expect([answered.status, answered.headers.get('retry-after'), answered.body.code]).toEqual([429, '7', 'TOO_MANY'])
  })

  it('is told nothing of what went wrong inside', async () => {
    const output = await printed(async () => {
      expect(await problem(call('/broken'))).toBe('503 UNAVAILABLE')
      expect((await call('/broken')).text).not.toContain('inside')
    })
    expect(output).toContain('the inside of something')
  })

  it('is told to whoever keeps account of refusals, once', async () => {
    refusals.length = 0
    await post('/orders', '{')
    await post('/orders', '{"quantity":"x"}')
    await post('/orders', '{"quantity":"1"}')
    expect(refusals).toEqual(['NOT_JSON', 'INVALID_INPUT'])
  })

  it('is followed by the next good one', async () => {
    for (const body of ['{', 'x'.repeat(70 * 1024), '['.repeat(100)]) await post('/orders', body)
    expect((await post('/orders', '{"quantity":"1"}')).status).toBe(201)
  })

  it('leaves nothing of its body in what the process prints', async () => {
    const output = await printed(async () => {
      for (const type of ['application/json', 'application/cloudevents+json', 'application/x-www-form-urlencoded', 'text/plain']) {
        const headers = { 'content-type': type }
        await post('/orders', '{"passphrase":"open sesame" oops', headers)
        await post('/orders', '{"passphrase":"open sesame","quantity":"x"}', headers)
        await post('/orders', `{"passphrase":"open sesame","pad":"${'x'.repeat(70 * 1024)}"}`, headers)
        await post('/nowhere', '{"passphrase":"open sesame" oops', headers)
      }
    })
    expect(output).not.toContain('sesame')
  })
})

describe('who may call', () => {
  const own = (headers: Record<string, string>, strategy = 'Forex') => call(`/own/${strategy}`, { headers })

  it('is the strategy that the key belongs to', async () => {
    expect((await own({ 'x-api-key': 'sk_Forex_1' })).body).toEqual({ kind: 'strategy', strategy_id: 'Forex' })
  })

  it('is nobody without a key, with a wrong one, or with another strategy’s', async () => {
    expect(await problem(own({}))).toBe('401 NOT_AUTHENTICATED')
    expect(await problem(own({ 'x-api-key': '' }))).toBe('401 NOT_AUTHENTICATED')
    expect(await problem(own({ 'x-api-key': 'sk_Forex_2' }))).toBe('401 NOT_AUTHENTICATED')
    expect(await problem(own({ 'x-api-key': 'sk_Forex_1' }, 'Other'))).toBe('403 ANOTHER_STRATEGY')
  })

  it('is nobody where a role is asked for, whatever they show', async () => {
    const headers = { authorization: 'Bearer token', 'x-api-key': 'sk_Forex_1' }
    const answered = call('/people', { method: 'PUT', headers })
    expect(await problem(answered)).toBe('401 TOKEN_INVALID')
    expect((await answered).headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('the address that a request came from', () => {
  it.each([
    [{}, '127.0.0.1'],
    [{ 'x-forwarded-for': '203.0.113.7' }, '203.0.113.7'],
    // A sender can write what it likes before what our own proxy adds.
    [{ 'x-forwarded-for': '52.89.214.238, 203.0.113.7' }, '203.0.113.7'],
  ])('is what our own proxy says: %j', async (headers, address) => {
    expect((await call('/address', { headers })).body.address).toMatch(new RegExp(`${address.replaceAll('.', '\\.')}$`))
  })
})

describe('what every HTTP function answers', () => {
  it('is the OpenAPI of its routes', async () => {
    const { status, body } = await call('/openapi.json')
    expect([status, body.openapi]).toEqual([200, '3.1.0'])
    const paths = body.paths as Record<string, Record<string, { responses: object; security: unknown[] }>>
    const listed = Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map(method => `${method.toUpperCase()} ${path}`))
    expect(listed.sort()).toEqual(
      Object.keys(routes)
        .map(key => key.replace(':strategy_id', '{strategy_id}'))
        .sort(),
    )
    for (const methods of Object.values(paths)) {
      for (const operation of Object.values(methods)) expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['default']))
    }
    expect(paths['/orders']?.post).toMatchObject({
      requestBody: { required: true, content: { 'application/json': { schema: { required: ['quantity'] } } } },
    })
  })

  it('is its health while the database answers, and 503 with the reason after', async () => {
    expect((await call('/health')).body).toEqual({ status: 'healthy', service: 'dashboards' })
    await stopDatabase()
    const { status, body } = await call('/health')
    expect(status).toBe(503)
    expect(body).toEqual({ status: 'unhealthy', service: 'dashboards', reasons: [expect.stringContaining('MongoDB')] })
  })
})
