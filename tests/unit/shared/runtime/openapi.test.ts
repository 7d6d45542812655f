import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { date, decimal } from '../../../../shared/messages/codecs.ts'
import { openApi } from '../../../../shared/runtime/openapi.ts'
import type { RegisteredRoute } from '../../../../shared/runtime/route.ts'

const route = (method: string, path: string, changes: Partial<RegisteredRoute> = {}): RegisteredRoute => ({
  step: 'dashboards',
  method,
  path,
  summary: 'A summary',
  access: 'public',
  answer: z.object({ price: decimal, at: date, note: z.string().optional() }),
  handle: async () => ({ body: {} }),
  ...changes,
})

const operation = (one: RegisteredRoute) => {
  const { paths } = openApi([one]) as { paths: Record<string, Record<string, Record<string, unknown>>> }
  return Object.values(paths).flatMap(methods => Object.values(methods))[0]
}

describe('the OpenAPI of routes', () => {
  it('names paths in its own form and keeps the methods of one path together', () => {
    const { openapi, paths } = openApi([route('GET', '/a/:strategy_id/b/:id'), route('POST', '/a/:strategy_id/b/:id'), route('GET', '/c')])
    expect(openapi).toBe('3.1.0')
    expect(Object.entries(paths as object).map(([path, methods]) => [path, ...Object.keys(methods)].join(' '))).toEqual([
      '/a/{strategy_id}/b/{id} get post',
      '/c get',
    ])
  })

  it('writes exact decimals and moments as the text that they are in messages', () => {
    expect(operation(route('GET', '/c'))?.responses).toMatchObject({
      200: {
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['price', 'at'],
              properties: {
                price: { type: 'string', format: 'decimal' },
                at: { type: 'string', format: 'date-time' },
                note: { type: 'string' },
              },
            },
          },
        },
      },
      default: { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    })
  })

  it('tells parameters of path and query', () => {
    const params = z.object({ id: z.string() })
    const query = z.object({ limit: z.string().optional(), from: z.string() })
    expect(operation(route('GET', '/c/:id', { params, query }))?.parameters).toEqual([
      { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
      { name: 'limit', in: 'query', required: false, schema: { type: 'string' } },
      { name: 'from', in: 'query', required: true, schema: { type: 'string' } },
    ])
  })

  it.each([
    ['public', []],
    ['strategy-key', [{ strategyKey: [] }, { person: ['sender', 'admin'] }]],
    ['sender-credential', [{}, { strategyKey: [] }]],
    [['admin', 'client'], [{ person: ['admin', 'client'] }]],
  ] as const)('tells who may call: %j', (access, security) => {
    expect(operation(route('GET', '/c', { access }))?.security).toEqual(security)
  })

  it('tells the body where there is one', () => {
    expect(operation(route('POST', '/c', { body: z.object({ quantity: decimal }) }))?.requestBody).toMatchObject({
      required: true,
      content: { 'application/json': { schema: { properties: { quantity: { type: 'string', format: 'decimal' } } } } },
    })
    expect(operation(route('GET', '/c'))).not.toHaveProperty('requestBody')
  })
})
