import type { z } from 'zod'
import { wireTypes } from '../messages/codecs.ts'

type JsonSchema = Record<string, unknown>

interface Definition {
  type: string
  shape?: Record<string, z.ZodType>
  element?: z.ZodType
  innerType?: z.ZodType
  valueType?: z.ZodType
  options?: z.ZodType[]
  entries?: Record<string, string>
  values?: unknown[]
}

const definitionOf = (schema: z.ZodType) => schema._zod.def as unknown as Definition

const plainTypes: Record<string, JsonSchema> = {
  string: { bsonType: 'string' },
  number: { bsonType: 'number' },
  boolean: { bsonType: 'bool' },
  null: { bsonType: 'null' },
  unknown: {},
  any: {},
  custom: {},
}

/** A zod schema as MongoDB's `$jsonSchema`, for validators. Throws on a kind that no collection has used yet. */
export function bsonSchema(schema: z.ZodType): JsonSchema {
  const wire = wireTypes.get(schema)
  if (wire) return { bsonType: wire.bsonType }
  const definition = definitionOf(schema)
  const { type, shape = {}, options = [], entries = {}, values = [] } = definition
  const plain = plainTypes[type]
  if (plain) return plain
  switch (type) {
    case 'object':
      return objectSchema(shape)
    case 'array':
      return { bsonType: 'array', items: inner(definition.element) }
    case 'record':
      return { bsonType: 'object', additionalProperties: inner(definition.valueType) }
    case 'enum':
      return { enum: Object.values(entries) }
    case 'literal':
      return { enum: values }
    case 'nullable':
      return { anyOf: [{ bsonType: 'null' }, inner(definition.innerType)] }
    case 'union':
      return { anyOf: options.map(bsonSchema) }
    case 'optional':
    case 'default':
      return inner(definition.innerType)
    default:
      throw new Error(`no database form for a zod schema of kind ${type}`)
  }
}

const inner = (schema: z.ZodType | undefined): JsonSchema => (schema ? bsonSchema(schema) : {})

const objectSchema = (shape: Record<string, z.ZodType>): JsonSchema => {
  const fields = Object.entries(shape)
  const required = fields.filter(([, field]) => !['optional', 'default'].includes(definitionOf(field).type)).map(([name]) => name)
  return {
    bsonType: 'object',
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, bsonSchema(field)])),
  }
}
