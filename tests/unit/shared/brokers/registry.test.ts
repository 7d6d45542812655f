import type { Db } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { BrokerConnectionError, BrokerError } from '../../../../shared/brokers/broker.ts'
import { openBroker } from '../../../../shared/brokers/registry.ts'

const deps = {
  store: { db: {} as Db, fund_id: 'fund' },
  now: () => new Date(0),
  crashPoint: () => undefined,
  secret: async () => '',
  instruments: { byId: async () => null, bySymbol: async () => null },
}
const plan = { connection: {}, accounts: [] }

describe('opening a broker', () => {
  it('opens the paper broker with what it can do', async () => {
    const broker = await openBroker({ ...plan, broker_id: 'PAPER', adapter: 'paper' }, deps)
    expect(broker.capabilities).toMatchObject({ times_in_force: ['DAY', 'GTC', 'IOC', 'FOK', 'GTD'], client_order_id_length: 128 })
  })

  it('knows what Interactive Brokers can do, and asks nothing of it where its socket is not held', async () => {
    const broker = await openBroker({ ...plan, broker_id: 'IB', adapter: 'ibkr' }, deps)
    expect(broker.capabilities.order_types).toContain('OCO')
    expect(await broker.status()).toBe('DISCONNECTED')
    await expect(broker.openOrders('A1')).rejects.toThrow(new BrokerConnectionError('HELD_BY_GATEWAY: broker_id=IB'))
  })

  it('says which adapter is not built', async () => {
    await expect(openBroker({ ...plan, broker_id: 'X', adapter: 'nobody' }, deps)).rejects.toThrow(
      'ADAPTER_NOT_BUILT: broker_id=X, adapter=nobody, built=paper',
    )
    await expect(openBroker({ ...plan, broker_id: 'X', adapter: 'toString' }, deps)).rejects.toBeInstanceOf(BrokerError)
  })
})
