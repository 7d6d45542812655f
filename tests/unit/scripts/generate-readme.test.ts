import { describe, expect, it } from 'vitest'
import { withTables } from '../../../scripts/generate-readme.ts'

const readme = (name: string, between = '') => `before\n<!-- generated: ${name} -->\n${between}<!-- end -->\nafter\n`

describe('the README’s tables', () => {
  it('are written between their markers, and nothing else is touched', () => {
    const once = withTables(readme('refusals of the door', 'what was there\n'))
    expect(once).toMatch(/^before\n<!-- generated: refusals of the door -->\n\| status \| code \|/)
    expect(once).toContain('\n| 401 | `BAD_CREDENTIALS` | ')
    expect(once).toMatch(/ \|\n<!-- end -->\nafter\n$/)
    expect(once).not.toContain('what was there')
    expect(withTables(once)).toBe(once)
  })

  it('all have a place, and no place is without one', () => {
    expect(() => withTables('nothing')).toThrow('no place for refusals of the door')
    expect(() => withTables(readme('a table of dreams'))).toThrow('nobody makes')
  })
})
