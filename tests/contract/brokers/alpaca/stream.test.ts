import { describe, expect, it } from 'vitest'
import { type Broker, BrokerConnectionError, type StreamReport } from '../../../../shared/brokers/broker.ts'
import { alpacaHouse, money, request } from './house.ts'

const house = alpacaHouse()

async function followed(given: { broker: Broker; account_id: string }) {
  const reports: StreamReport[] = []
  const stop = await given.broker.stream?.([given.account_id], report => reports.push(report))
  const connected = () => reports.filter(report => report.kind === 'status' && report.status === 'CONNECTED').length
  await expect.poll(connected).toBeGreaterThan(0)
  return {
    reports,
    stop: async () => stop?.(),
    connected,
    broken: () => reports.filter(report => report.kind === 'status' && report.status === 'DISCONNECTED').length,
    executions: () => reports.flatMap(report => (report.kind === 'execution' ? [report.execution] : [])),
    statuses: () => reports.flatMap(report => (report.kind === 'order' ? [report.order.status] : [])),
  }
}

describe('the stream of trade updates', () => {
  it('tells fills under the ids by which asking tells them, in binary frames and in text', async () => {
    for (const textual of [false, true]) {
      house.simulator().faults.stream.text = textual
      const account = house.open()
      const seen = await followed(account)
      const order = request(account.account_id, { quantity: money('4') })
      await account.broker.placeOrder(order)
      await expect.poll(() => seen.statuses()).toContain('FILLED')
      const asked = await account.broker.executions(account.account_id, new Date(0))
      expect(new Set(seen.executions().map(({ execution_id }) => execution_id))).toEqual(new Set(asked.map(each => each.execution_id)))
      expect(seen.executions()[0]).toMatchObject({ client_order_id: order.client_order_id, action: 'BUY', quantity: money('4') })
      await seen.stop()
    }
    house.simulator().faults.stream.text = false
  })

  it('waits for executions that appear late, and takes updates twice and out of order', async () => {
    const { faults, world } = house.simulator()
    Object.assign(faults.stream, { duplicated: true, reordered: true })
    faults.late_activities_ms = 150
    world.pieces = 2
    world.pieces_at_once = 2
    const account = house.open()
    const seen = await followed(account)
    await account.broker.placeOrder(request(account.account_id, { quantity: money('4') }))
    await expect.poll(() => new Set(seen.executions().map(({ execution_id }) => execution_id)).size).toBe(2)
    await seen.stop()
    Object.assign(faults.stream, { duplicated: false, reordered: false })
    faults.late_activities_ms = 0
    world.pieces = 1
    world.pieces_at_once = 1
  })

  it('says that it lives while it does, and that it broke', async () => {
    const account = house.open()
    const seen = await followed(account)
    await expect.poll(() => seen.connected()).toBeGreaterThan(2)
    house.simulator().dropStreams()
    await expect.poll(() => seen.broken()).toBe(1)
    await seen.stop()
    const other = await followed(account)
    await other.stop()
    const before = other.reports.length
    house.simulator().dropStreams()
    expect([other.reports.length, other.broken()]).toEqual([before, 0])
  })

  it('notices a stream that has fallen silent though it is open', async () => {
    const account = house.open()
    const seen = await followed(account)
    house.simulator().muteStreams()
    await expect.poll(() => seen.broken()).toBe(1)
    await seen.stop()
  })

  it('has everything asked for where an update cannot be read', async () => {
    const account = house.open()
    const seen = await followed(account)
    house.simulator().faults.stream.garbage = true
    await account.broker.placeOrder(request(account.account_id, { order_type: 'LIMIT', limit_price: money('90') }))
    await expect.poll(() => seen.broken()).toBeGreaterThan(0)
    house.simulator().faults.stream.garbage = false
    await seen.stop()
  })

  it('does not stand with wrong keys, or where nobody answers', async () => {
    const account = house.open()
    house.secrets.set(account.secret, `${account.keys.key_id}:wrong`)
    const open = () => account.broker.stream?.([account.account_id], () => undefined)
    await expect(open()).rejects.toThrow(`STREAM_REFUSED: account_id=${account.account_id}`)
    house.secrets.set(account.secret, `${account.keys.key_id}:${account.keys.secret}`)
    house.simulator().faults.stream.silent = true
    await expect(open()).rejects.toBeInstanceOf(BrokerConnectionError)
    house.simulator().faults.stream.silent = false
  })
})
