import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { doorRefusals } from '../../../../shared/messages/door-refusals.ts'
import { parseExactJson } from '../../../../shared/runtime/exact-json.ts'
import { Problem } from '../../../../shared/runtime/problem.ts'

const refusalOf = (text: string): string => {
  try {
    parseExactJson(text)
  } catch (error) {
    if (error instanceof Problem) return `${error.input.code} ${error.input.status}`
  }
  return 'none'
}

/** `{ status: 413, code: 'BODY_TOO_LARGE' }`, in either order, as the runtime writes its own refusals. */
const written = (file: string): string[] => {
  const source = readFileSync(new URL(`../../../../${file}`, import.meta.url), 'utf8')
  return [...source.matchAll(/status: (\d+),\s+code: '([A-Z_]+)'/g)].map(([, status, code]) => `${code} ${status}`)
}

const listed = Object.entries(doorRefusals).map(([code, { status }]) => `${code} ${status}`)

describe('the list of the door’s refusals', () => {
  it('holds what reading JSON refuses, with its status', () => {
    expect(listed).toEqual(expect.arrayContaining([refusalOf('{'), refusalOf('['.repeat(40))]))
  })

  it('holds what is refused before a body is read, with its status', () => {
    const before = written('shared/runtime/request-body.ts')
    expect(before).toHaveLength(2)
    expect(listed).toEqual(expect.arrayContaining([...before, 'METHOD_NOT_ALLOWED 405', 'UNAVAILABLE 503']))
  })
})
