import { afterAll, describe, expect, it } from 'vitest'
import type { StreamReport } from '../../../../shared/brokers/broker.ts'
import { startSimulator } from '../../../simulators/binance/start.ts'
import { opened, request } from '../conformance/venue.ts'
import { binanceBroker, type Simulator, venueOf } from './venue.ts'

const running: Simulator[] = []
afterAll(async () => {
  for (const each of running) await each.stop()
})

const lines = (reports: readonly StreamReport[]) =>
  reports.flatMap(report => {
    if (report.kind === 'status') return []
    if (report.kind === 'execution')
      return [`execution ${report.execution.client_order_id} ${report.execution.quantity} ${report.execution.price}`]
    return report.kind === 'order' ? [`order ${report.order.client_order_id} ${report.order.status}`] : []
  })

describe.each([
  ['binance', false],
  ['binanceusdm', true],
] as const)('the stream of %s', (exchange, contracts) => {
  async function streaming() {
    const simulator = await startSimulator()
    running.push(simulator)
    const broker = await binanceBroker(simulator, exchange)
    const venue = await opened(async () => venueOf(simulator, broker, contracts))
    const reports: StreamReport[] = []
    const end = await broker.stream?.(['A1', 'A2'], report => reports.push(report))
    if (!end) throw new Error('there is no stream')
    return { simulator, broker, venue, reports, end }
  }

  it('tells executions and orders of every account as they happen, with the same ids as the lists', async () => {
    const { venue, broker, reports, end } = await streaming()
    const [mine, theirs] = [request(venue), request(venue, { account_id: 'A2' })]
    await broker.placeOrder(mine)
    await broker.placeOrder(theirs)
    await expect.poll(() => lines(reports)).toContain(`order ${theirs.client_order_id} FILLED`)
    expect(lines(reports)).toEqual(
      expect.arrayContaining([`execution ${mine.client_order_id} 1 100.02`, `execution ${theirs.client_order_id} 1 100.02`]),
    )
    const told = reports.flatMap(report => (report.kind === 'execution' && report.execution.account_id === 'A1' ? [report.execution] : []))
    expect(told).toEqual(await broker.executions('A1', new Date(0)))
    await end()
  })

  it('says that it lives, and that it was cut', async () => {
    const { simulator, reports, end } = await streaming()
    expect(reports).toContainEqual({ kind: 'status', status: 'CONNECTED' })
    simulator.streaming.drop()
    await expect.poll(() => reports).toContainEqual({ kind: 'status', status: 'DISCONNECTED' })
    await end()
  })

  it('ends where the broker is disconnected', async () => {
    const { broker, reports } = await streaming()
    await broker.disconnect()
    expect(reports.at(-1)).toEqual({ kind: 'status', status: 'DISCONNECTED' })
  })

  it('does not open with a key that the exchange does not know', async () => {
    const simulator = await startSimulator({ accounts: [] })
    running.push(simulator)
    const broker = await binanceBroker(simulator, exchange)
    await expect(broker.stream?.(['A1'], () => undefined)).rejects.toThrow(/-2015/)
  })
})
