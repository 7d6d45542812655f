import { describe, expect, it } from 'vitest'
import type { StreamReport } from '../../../shared/brokers/broker.ts'
import { money } from '../../simulators/ibkr/venue.ts'
import { becomes, opened } from './ibkr-harness.ts'

describe('the connection to the gateway', () => {
  it('shuts with 1100, and opens with 1102 once everything was read again', async () => {
    const { simulator, broker, order, resting } = await opened()
    const asked = resting()
    await broker.placeOrder(asked)
    simulator.loseServer()
    await becomes(() => broker.status(), 'DISCONNECTED')
    expect(await broker.placeOrder(order())).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('SERVER_LOST') })
    await expect(broker.openOrders(asked.account_id)).rejects.toThrow('NOT_CONNECTED')
    const before = simulator.seen.length
    simulator.findServer(true)
    await becomes(() => broker.status(), 'CONNECTED')
    expect(simulator.seen.slice(before).map(({ message }) => message[0])).toEqual(expect.arrayContaining(['5', '16', '99', '7']))
    expect(simulator.book.orders).toHaveLength(1)
  })

  it('asks for its market data again after 1101', async () => {
    const { simulator, broker, instruments } = await opened()
    expect(String((await broker.quote(instruments.stock))?.ask)).toBe('100.02')
    simulator.loseServer()
    await becomes(() => broker.status(), 'DISCONNECTED')
    simulator.findServer(false)
    await becomes(() => broker.status(), 'CONNECTED')
    simulator.price('AAPL', '101', '101.02')
    await becomes(async () => String((await broker.quote(instruments.stock))?.ask), '101.02')
  })

  it('comes back after a restart with the same client id and higher numbers, and knows what filled meanwhile', async () => {
    const { simulator, broker, resting, status, placed } = await opened()
    const asked = resting()
    await broker.placeOrder(asked)
    const restarting = simulator.restart(1_000)
    await becomes(() => broker.status(), 'DISCONNECTED')
    expect((await broker.placeOrder(resting())).kind).toBe('unknown')
    await restarting
    simulator.price('AAPL', '89.98', '90')
    await becomes(() => broker.status(), 'CONNECTED')
    await becomes(() => status(asked), 'FILLED')
    await broker.placeOrder(resting())
    expect(simulator.seen.filter(({ message }) => message[0] === '71').map(({ message }) => message[2])).toEqual(['7', '7'])
    // What was asked for while it was away was never sent.
    expect(placed().map(message => message[26])).toEqual(['o1', 'o3'])
    expect(Number(placed()[1]?.[1])).toBeGreaterThan(1_000)
  })

  it('finds its orders again in another process, by their reference', async () => {
    const { simulator, broker, another, resting, order } = await opened()
    const [working, done] = [resting(), order()]
    await broker.placeOrder(working)
    await broker.placeOrder(done)
    await broker.disconnect()
    await becomes(async () => simulator.clients.size, 0)
    const next = another()
    await next.connect()
    expect((await next.placeOrder(working)).kind).toBe('confirmed')
    expect(await next.getOrder(done)).toMatchObject({ status: 'FILLED', client_order_id: 'o2' })
    expect(simulator.book.orders).toHaveLength(2)
    expect((await next.cancelOrder(working)).kind).toBe('confirmed')
  })

  it('waits where its client id is in use, and takes its place when it is free', async () => {
    const { simulator, broker, another } = await opened()
    const second = another()
    await expect(second.connect()).rejects.toThrow('CLIENT_ID_IN_USE')
    expect(await second.session()).toMatchObject({ status: 'DISCONNECTED', reason: expect.stringContaining('CLIENT_ID_IN_USE') })
    const attempts = () => simulator.seen.filter(({ message }) => message[0] === '71').length
    expect(attempts()).toBe(2)
    await broker.disconnect()
    await becomes(() => second.status(), 'CONNECTED')
  })

  it('takes a gateway that froze for dead, and doubles nothing when it thaws', async () => {
    const { simulator, broker, resting } = await opened()
    simulator.faults.frozen = true
    const asked = resting()
    expect((await broker.placeOrder(asked)).kind).toBe('unknown')
    await becomes(() => broker.status(), 'DISCONNECTED')
    await expect(broker.getOrder(asked)).rejects.toThrow('NOT_CONNECTED')
    simulator.thaw()
    await becomes(() => broker.status(), 'CONNECTED')
    expect((await broker.placeOrder(asked)).kind).toBe('confirmed')
    expect(simulator.book.orders.filter(({ order_ref }) => order_ref === asked.client_order_id)).toHaveLength(1)
  })

  it('says why nobody is logged in', async () => {
    const { simulator, another } = await opened()
    simulator.faults.not_logged_in = true
    const other = another({ client_id: 8, request_ms: 100 })
    await expect(other.connect()).rejects.toThrow('NO_LOGIN')
    expect(await other.session()).toMatchObject({ connected: false, logged_in: false })
  })

  it('tells when it heard last and when the night’s reset comes', async () => {
    const { broker } = await opened({ now: () => new Date('2026-03-02T15:00:00Z') })
    expect(await broker.session()).toMatchObject({
      ...{ status: 'CONNECTED', connected: true, logged_in: true, reason: null },
      last_message_at: new Date('2026-03-02T15:00:00Z'),
      expires_at: new Date('2026-03-03T04:45:00Z'),
    })
  })

  it('goes slower after a pacing error, and sends fewer than 50 messages in any second', async () => {
    const { simulator, broker, resting } = await opened()
    const results = await Promise.all(Array.from({ length: 70 }, () => broker.placeOrder(resting())))
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['confirmed']))
    const times = simulator.seen.map(({ at }) => at)
    expect(Math.max(...times.map(from => times.filter(at => at >= from && at < from + 1000).length))).toBeLessThan(50)
    expect([...simulator.clients].map(each => each.pacing_errors)).toEqual([0])
  })
})

describe('the stream of Interactive Brokers', () => {
  it('tells orders, executions and late commissions as they come, and that it lives', async () => {
    const { simulator, broker, account_id, order } = await opened()
    const reports: StreamReport[] = []
    const close = await broker.stream?.([account_id], report => {
      reports.push(report)
      if (reports.length === 2) throw new Error('a follower that breaks')
    })
    simulator.faults.commission = 'late'
    await broker.placeOrder(order())
    await becomes(async () => reports.flatMap(each => (each.kind === 'order' ? [each.order.status] : [])).at(-1), 'FILLED')
    simulator.book.tellCommissions()
    const paid = () => reports.flatMap(each => (each.kind === 'execution' ? [String(each.execution.commission)] : [])).at(-1)
    await becomes(async () => paid(), '1')
    await becomes(async () => reports.filter(each => each.kind === 'status').length > 2, true)
    simulator.dropAll()
    await becomes(async () => reports.some(each => each.kind === 'status' && each.status === 'DISCONNECTED'), true)
    await close?.()
    const told = reports.length
    await becomes(() => broker.status(), 'CONNECTED')
    expect(reports).toHaveLength(told)
  })

  it('reads the same at every version, in frames of whatever size', async () => {
    for (const [version, split] of [
      [166, 1],
      [193, 3],
    ] as const) {
      const { simulator, broker, order, status, close } = await opened({ version })
      simulator.faults.split = split
      const asked = order({ quantity: money('3') })
      expect((await broker.placeOrder(asked)).kind).toBe('confirmed')
      await becomes(() => status(asked), 'FILLED')
      await close()
    }
  })
})
