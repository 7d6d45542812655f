import { describe, expect, it } from 'vitest'
import { DomainError, sentence, TransientError } from '../../../../shared/domain/errors.ts'

describe('an error', () => {
  it.each([DomainError, TransientError])('says its code and figures and keeps its cause', Kind => {
    const cause = new Error('socket closed')
    const error = new Kind('CONTENTION', { signal_id: 'S1', rounds: 20 }, { cause })
    expect(error).toMatchObject({ name: Kind.name, code: 'CONTENTION', message: 'CONTENTION: signal_id=S1, rounds=20', cause })
  })

  it('is its code alone without figures', () => {
    expect(sentence('UNKNOWN_TRIGGER', {})).toBe('UNKNOWN_TRIGGER')
    expect(new DomainError('UNKNOWN_TRIGGER').message).toBe('UNKNOWN_TRIGGER')
  })
})
