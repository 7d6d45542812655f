import { describe, expect, it } from 'vitest'
import { errorText } from '../../../../shared/runtime/log.ts'
import { fieldErrors, Problem, problemBody } from '../../../../shared/runtime/problem.ts'

describe('a problem', () => {
  it('is told in the form of RFC 9457', () => {
    expect(
      problemBody({
        status: 422,
        code: 'INVALID_SIGNAL',
        detail: 'ticker is missing',
        errors: [{ path: 'ticker', message: 'is missing' }],
      }),
    ).toEqual({
      type: 'https://mathematricks.fund/problems/invalid-signal',
      title: 'Not acceptable as it is',
      status: 422,
      code: 'INVALID_SIGNAL',
      detail: 'ticker is missing',
      errors: [{ path: 'ticker', message: 'is missing' }],
    })
  })

  it('has no errors where none are named, and a title whatever its status', () => {
    expect(problemBody({ status: 418, code: 'TEAPOT', detail: '' })).toMatchObject({ title: 'Problem', errors: [] })
  })

  it('never tells its headers in its body', () => {
    expect(problemBody({ status: 429, code: 'SLOW', detail: '', headers: { 'retry-after': '3' } })).not.toHaveProperty('headers')
  })

  it('names fields by their path', () => {
    expect(
      fieldErrors([
        { path: ['signal', 0, 'quantity'], message: 'is zero' },
        { path: [], message: 'is no object' },
      ]),
    ).toEqual([
      { path: 'signal.0.quantity', message: 'is zero' },
      { path: '', message: 'is no object' },
    ])
  })
})

describe('what an error says in a log', () => {
  it('is its message and those of its causes, not what it carries', () => {
    const cause = Object.assign(new Error('socket closed'), { body: 'open sesame' })
    expect(errorText(new Error('not stored', { cause }))).toBe('not stored ← socket closed')
    expect(errorText(new Problem({ status: 400, code: 'NOT_JSON', detail: 'no' }))).toBe('NOT_JSON: no')
    expect(errorText('text')).toBe('text')
  })
})
