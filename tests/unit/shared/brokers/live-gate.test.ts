import { describe, expect, it, vi } from 'vitest'
import type { Broker } from '../../../../shared/brokers/broker.ts'
import { gateLive } from '../../../../shared/brokers/live-gate.ts'

const account = (account_id: string, trading_mode: 'LIVE' | 'PAPER') => ({
  account_id,
  account_type: 'MARGIN',
  currency: 'USD',
  trading_mode,
})
const confirmed = { kind: 'confirmed', broker_order_id: '1' }

class Venue {
  #open = true
  placeOrder = vi.fn(async () => confirmed)
  modifyOrder = vi.fn(async () => confirmed)
  cancelOrder = vi.fn(async () => confirmed)
  async status() {
    return this.#open ? 'CONNECTED' : 'DISCONNECTED'
  }
}

const gate = async (allowLive: boolean, accounts = [account('L', 'LIVE'), account('P', 'PAPER')]) => {
  const venue = new Venue()
  const brokers = gateLive({ brokers: async () => venue as unknown as Broker, planOf: async () => ({ accounts }), allowLive })
  return { venue, broker: await brokers('B') }
}
type Order = Parameters<Broker['placeOrder']>[0] & Parameters<Broker['modifyOrder']>[0]
const of = (account_id: string) => ({ account_id, client_order_id: 'x' }) as Order

describe('a deployment that does not trade live', () => {
  it('places and changes nothing in a live account, whoever asks', async () => {
    const { venue, broker } = await gate(false)
    const refusal = { kind: 'rejected', reason: 'LIVE_NOT_ALLOWED: account_id=L' }
    expect([await broker.placeOrder(of('L')), await broker.modifyOrder(of('L'))]).toEqual([refusal, refusal])
    expect([venue.placeOrder, venue.modifyOrder].map(method => method.mock.calls.length)).toEqual([0, 0])
  })

  it('cancels and reads there, and trades its paper accounts', async () => {
    const { broker } = await gate(false)
    const done = [await broker.cancelOrder(of('L')), await broker.placeOrder(of('P')), await broker.modifyOrder(of('P'))]
    expect(done).toEqual([confirmed, confirmed, confirmed])
    expect(await broker.status()).toBe('CONNECTED')
  })

  it('stands in nobody’s way where live is allowed, or nothing is live', async () => {
    for (const { broker, venue } of [await gate(true), await gate(false, [account('P', 'PAPER')])]) expect(broker).toBe(venue)
  })
})
