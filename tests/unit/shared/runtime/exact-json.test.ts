import { assert, json, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { depthOf, parseExactJson } from '../../../../shared/runtime/exact-json.ts'
import { Problem } from '../../../../shared/runtime/problem.ts'

const faultOf = (text: string) => {
  try {
    parseExactJson(text)
  } catch (error) {
    if (error instanceof Problem) return error.input
    throw error
  }
  throw new Error('the text was parsed')
}

describe('exact JSON', () => {
  it('keeps numbers that JavaScript prints as they were written', () => {
    expect(parseExactJson('{"a":[1,0.5,-3,1e21,100]}')).toEqual({ a: [1, 0.5, -3, '1e21', 100] })
  })

  it.each(['0.10000000000000001', '12345678901234567890', '1.0', '0.10', '1e400', '1E5', '-0', '-1e-400'])(
    'keeps %s as its own text',
    written => {
      expect(parseExactJson(`[${written}]`)).toEqual([written])
    },
  )

  it('leaves text that looks like a number alone', () => {
    expect(parseExactJson('{"1e400":"0.10"}')).toEqual({ '1e400': '0.10' })
  })

  it('does not let a body name a prototype', () => {
    const parsed = parseExactJson('{"__proto__":{"admin":true}}') as { admin?: boolean }
    expect(parsed.admin).toBeUndefined()
    expect(Object.hasOwn(parsed, '__proto__')).toBe(true)
  })

  it('tells where a text stops being JSON, and nothing of what it says', () => {
    expect(faultOf('{"passphrase":"sesame" oops}')).toMatchObject({ status: 400, code: 'NOT_JSON' })
    expect(faultOf('{"passphrase":"sesame" oops}').detail).toMatch(/^The body is not JSON \(character 23\)/)
    return assert(
      property(string({ minLength: 6 }), secret => {
        const told = faultOf(`{"a":"${JSON.stringify(secret).slice(1, -1)}" oops`).detail
        expect(told.replace(/\(character \d+\)/, '')).toBe(
          'The body is not JSON . Send one JSON object; NaN, Infinity and trailing commas are not JSON.',
        )
      }),
    )
  })

  it('refuses more than 32 levels', () => {
    const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
    expect(() => parseExactJson(nested(32))).not.toThrow()
    expect(faultOf(nested(33))).toMatchObject({ status: 400, code: 'TOO_DEEP' })
    expect(faultOf('['.repeat(1_000_000))).toMatchObject({ status: 400, code: 'TOO_DEEP' })
  })

  it('reads what JavaScript wrote as JSON.parse does', () =>
    assert(
      property(json({ maxDepth: 5 }), text => {
        const written = JSON.stringify(JSON.parse(text))
        expect(parseExactJson(written)).toEqual(JSON.parse(written))
      }),
    ))

  it('throws nothing but a Problem', () =>
    assert(
      property(string({ unit: 'binary' }), text => {
        try {
          parseExactJson(text)
        } catch (error) {
          expect(error).toBeInstanceOf(Problem)
        }
      }),
    ))
})

describe('the depth of a JSON text', () => {
  it.each([
    ['1', 0],
    ['{}', 1],
    ['[{"a":[]}]', 3],
    ['[[],[]]', 2],
    ['"[[["', 0],
    ['["\\"[[["]', 1],
    ['["\\\\",[]]', 2],
  ])('of %s is %i', (text, depth) => {
    expect(depthOf(text)).toBe(depth)
  })
})
