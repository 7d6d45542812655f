import { describe, expect, it } from 'vitest'
import { seal, unseal } from '../../../../shared/runtime/sealed.ts'

const [one, two] = [1, 2].map(byte => Buffer.alloc(32, byte).toString('base64')) as [string, string]

describe('a sealed text', () => {
  it('opens under its key, for its place', () => {
    expect(unseal(seal('the secret', { key: one, bound_to: 'Forex' }), { key: one, bound_to: 'Forex' })).toBe('the secret')
  })

  it('does not open under another key, for another place, or changed', () => {
    const sealed = seal('the secret', { key: one, bound_to: 'Forex' })
    const bytes = Buffer.from(sealed, 'base64')
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    expect(unseal(sealed, { key: two, bound_to: 'Forex' })).toBeNull()
    expect(unseal(sealed, { key: one, bound_to: 'Other' })).toBeNull()
    expect(unseal(bytes.toString('base64'), { key: one, bound_to: 'Forex' })).toBeNull()
    expect(unseal('', { key: one, bound_to: 'Forex' })).toBeNull()
  })

  it('says nothing of what it holds, and never twice the same', () => {
    const [first, second] = [1, 2].map(() => seal('the secret', { key: one, bound_to: 'Forex' }))
    expect(first).not.toBe(second)
    expect(Buffer.from(first ?? '', 'base64').toString('latin1')).not.toContain('secret')
  })

  it('opens after the key was rotated, while the old one is still listed behind the new one', () => {
    const old = seal('the secret', { key: one, bound_to: 'Forex' })
    expect(unseal(old, { key: `${two},${one}`, bound_to: 'Forex' })).toBe('the secret')
    expect(unseal(seal('the secret', { key: `${two},${one}`, bound_to: 'Forex' }), { key: two, bound_to: 'Forex' })).toBe('the secret')
  })

  it('needs a key of 32 bytes', () => {
    expect(() => seal('x', { key: 'short', bound_to: 'Forex' })).toThrow('SEALING_KEY')
  })
})
