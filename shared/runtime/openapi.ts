import { z } from 'zod'
import { wireTypes } from '../messages/codecs.ts'
import type { RegisteredRoute } from './route.ts'

const schemaOf = (schema: z.ZodType): Record<string, unknown> => {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const wire = wireTypes.get(zodSchema)
      if (!wire) return
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key]
      Object.assign(jsonSchema, wire.json)
    },
  })
  return rest
}

const jsonContent = (schema: z.ZodType) => ({ 'application/json': { schema: schemaOf(schema) } })

const problem = {
  description: 'Refused: what was wrong and what to do (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}

const security = (access: RegisteredRoute['access']) => {
  if (access === 'public') return []
  if (access === 'strategy-key') return [{ strategyKey: [] }, { person: ['sender', 'admin'] }]
  return access === 'sender-credential' ? [{}, { strategyKey: [] }] : [{ person: [...access] }]
}

const parameters = (place: 'path' | 'query', schema: z.ZodType | undefined) => {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema) as { properties?: Record<string, unknown>; required?: string[] }
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }))
}

const operation = ({ summary, access, params, query, body, answer }: RegisteredRoute) => ({
  summary,
  security: security(access),
  parameters: [...parameters('path', params), ...parameters('query', query)],
  ...(body ? { requestBody: { required: true, content: jsonContent(body) } } : {}),
  responses: { '200': { description: 'Done', content: jsonContent(answer) }, default: problem },
})

/** OpenAPI 3.1 of these routes, generated from their zod schemas. */
export function openApi(routes: readonly RegisteredRoute[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Mathematricks Trader', version: '1' },
    paths,
    components: {
      schemas: {
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'code', 'detail', 'errors'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            code: { type: 'string' },
            detail: { type: 'string' },
            errors: {
              type: 'array',
              items: { type: 'object', properties: { path: { type: 'string' }, message: { type: 'string' } } },
            },
          },
        },
      },
      securitySchemes: {
        strategyKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        person: { type: 'http', scheme: 'bearer' },
      },
    },
  }
}
