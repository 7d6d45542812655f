import { describe, expect, it } from 'vitest'
import { withTables } from '../../../scripts/generate-readme.ts'

const names = ['refusals of the door', 'reason codes', 'environment variables', 'collections', 'what brokers take']
const everyTable = names.map(name => `<!-- generated: ${name} -->\n<!-- end -->\n`).join('')

const readme = (name: string, between = '') => `before\n<!-- generated: ${name} -->\n${between}<!-- end -->\nafter\n`

describe('the README’s tables', () => {
  it('are written between their markers, and nothing else is touched', () => {
    const once = withTables(`${readme('refusals of the door', 'what was there\n')}${everyTable}`)
    expect(once).toMatch(/^before\n<!-- generated: refusals of the door -->\n\| status \| code \|/)
    expect(once).toContain('\n| 401 | `BAD_CREDENTIALS` | ')
    expect(once).toContain(' |\n<!-- end -->\nafter\n')
    expect(once).not.toContain('what was there')
    expect(withTables(once)).toBe(once)
  })

  it('all have a place, and no place is without one', () => {
    expect(() => withTables('nothing')).toThrow('no place for refusals of the door')
    expect(withTables(everyTable)).toContain('\n| `margin_ledger` | `fund_id` + `trading_mode` | forever |')
    expect(withTables(everyTable)).toContain('\n| `NOTHING_TO_EXIT` | The strategy has neither')
    expect(withTables(everyTable)).toContain(
      '\n| `ENVIRONMENT` | `staging` or `production`: signals of the other are refused | `staging` |',
    )
    expect(() => withTables(readme('a table of dreams'))).toThrow('nobody makes')
  })
})
