import { describe, expect, it } from 'vitest'
import type { Broker, StreamReport } from '../../../../shared/brokers/broker.ts'
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

  it('opens again after a drop, and says so, that everything be asked for', async () => {
    const account = house.open()
    const seen = await followed(account)
    house.simulator().dropStreams()
    await expect.poll(() => seen.connected()).toBe(2)
    expect(seen.reports.map(report => report.kind === 'status' && report.status)).toEqual(['CONNECTED', 'DISCONNECTED', 'CONNECTED'])
    await seen.stop()
    const before = seen.reports.length
    house.simulator().dropStreams()
    expect(seen.reports.length).toBe(before)
  })

  it('notices a stream that has fallen silent though it is open', async () => {
    const account = house.open()
    const seen = await followed(account)
    house.simulator().faults.stream.silent = true
    house.simulator().muteStreams()
    await expect
      .poll(() => seen.reports.some(report => report.kind === 'status' && report.status === 'DISCONNECTED'), { timeout: 5_000 })
      .toBe(true)
    house.simulator().faults.stream.silent = false
    await expect.poll(() => seen.connected(), { timeout: 5_000 }).toBe(2)
    await seen.stop()
  })

  it('lives through garbage, and has everything asked for where an update cannot be read', async () => {
    const account = house.open()
    const seen = await followed(account)
    house.simulator().faults.stream.garbage = true
    await account.broker.placeOrder(request(account.account_id))
    house.simulator().faults.stream.garbage = false
    const order = request(account.account_id, { order_type: 'LIMIT', limit_price: money('90') })
    await account.broker.placeOrder(order)
    await expect.poll(() => seen.statuses()).toContain('SUBMITTED')
    await seen.stop()
  })

  it('does not listen with wrong keys', async () => {
    const account = house.open()
    house.secrets.set(account.secret, `${account.keys.key_id}:wrong`)
    const reports: StreamReport[] = []
    const stop = await account.broker.stream?.([account.account_id], report => reports.push(report))
    await expect.poll(() => reports.some(report => report.kind === 'status' && report.status === 'DISCONNECTED')).toBe(true)
    expect(reports.some(report => report.kind === 'status' && report.status === 'CONNECTED')).toBe(false)
    await stop?.()
  })
})
