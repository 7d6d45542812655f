import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { AdapterDeps } from '../../../../shared/brokers/adapter.ts'
import { openForDecisions } from '../../../../shared/brokers/capabilities.ts'
import type { PaperDeps } from '../../../../shared/brokers/paper/paper-broker.ts'

const nothing = {} as unknown as AdapterDeps & PaperDeps
const root = fileURLToPath(new URL('../../../../shared/brokers', import.meta.url))
const adapters = globSync('*/capabilities.ts', { cwd: root }).map(file => file.split('/')[0] ?? '')

describe('what a decision knows of a broker', () => {
  it.each(adapters)('tells what %s takes, without its library', async adapter => {
    const plan = { broker_id: 'B', adapter, connection: { exchange: 'binance' }, accounts: [] }
    const { capabilities, quote } = await openForDecisions(plan, nothing)
    expect(capabilities.order_types).toContain('MARKET')
    expect(await quote({} as never)).toBeNull()
  })

  it('refuses one that is not built', async () => {
    const plan = { broker_id: 'B', adapter: 'unheard-of', connection: {}, accounts: [] }
    await expect(openForDecisions(plan, nothing)).rejects.toThrow(/ADAPTER_NOT_BUILT/)
  })
})
