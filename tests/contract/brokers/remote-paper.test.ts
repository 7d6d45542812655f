import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { type FaultPlan, faultPlan, faultsOf } from '../../../scripts/local/paper-broker/faults.ts'
import { paperServer } from '../../../scripts/local/paper-broker/server.ts'
import { BrokerConnectionError } from '../../../shared/brokers/broker.ts'
import { remotePaper } from '../../../shared/brokers/paper/remote-paper.ts'
import { paperHouse } from '../../integration/paper-broker-harness.ts'
import { at, money, request, stock } from '../../unit/shared/brokers/paper/samples.ts'
import { conformance } from './conformance.ts'

const house = paperHouse()
const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

const faultless: FaultPlan = {
  ...faultPlan.parse({ seed: 1 }),
  lost_answer: 0,
  timeout: 0,
  refused_connection: 0,
  rejection: 0,
  bare_acknowledgement: 0,
  stale: 0,
  duplicated: 0,
  reordered: 0,
  late_commission: 0,
  correction: 0,
  lost_report: 0,
}

/** The paper broker behind a port, at fault as planned; the plan may be changed while it runs. */
async function served(plan: FaultPlan, more: { cutOff?: () => boolean; now?: () => Date } = {}) {
  const faults = faultsOf(plan)
  const server = paperServer({ broker: house.broker(), faults, now: more.now ?? (() => at), cutOff: more.cutOff ?? (() => false) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return { broker: remotePaper({ url: `http://127.0.0.1:${port}`, patience_ms: 1_000 }), faults, account_id: await house.account() }
}

conformance('the paper broker over the network', async () => {
  const plan = { ...faultless }
  const { broker, account_id } = await served(plan)
  return {
    broker: {
      ...broker,
      placeOrder: async asked => {
        const result = await broker.placeOrder(asked)
        Object.assign(plan, { lost_answer: 0, rejection: 0, refused_connection: 0 })
        return result
      },
    },
    account_id,
    second: await house.account(),
    instrument: stock,
    now: () => at,
    failures: () => [
      { name: 'REFUSED_BY_FAULT', arrange: () => void Object.assign(plan, { rejection: 1 }), outcome: 'rejected' as const },
      { name: 'connection refused', arrange: () => void Object.assign(plan, { refused_connection: 1 }), outcome: 'unknown' as const },
    ],
    price: async (bid, ask) => {
      await house.quoted(stock.instrument_id, bid, ask, bid)
    },
    loseNextAnswer: () => {
      plan.lost_answer = 1
    },
  }
})

const executions = async ({ broker, account_id }: Awaited<ReturnType<typeof served>>) =>
  (await broker.executions(account_id, new Date(0))).map(({ execution_id, corrects, price, commission, commission_pending }) =>
    [execution_id.split('-').at(-1), corrects?.split('-').at(-1), price, commission, commission_pending].map(String).join(' '),
  )

describe('a paper broker at fault', () => {
  it('takes an order whose answer comes too late, and knows it afterwards', async () => {
    const { broker, account_id, faults } = await served({ ...faultless, timeout: 1 })
    const order = request({ account_id, quantity: money(10) })
    expect(await broker.placeOrder(order)).toMatchObject({ kind: 'unknown' })
    expect(await broker.getOrder(order)).toMatchObject({ status: 'FILLED' })
    expect(faults.counts).toEqual({ timeout: 1 })
  })

  it('tells a wrong execution first and corrects it, and its commission late', async () => {
    await house.quoted('AAPL', '100', '100.02', '100.01')
    let seconds = 0
    const now = () => new Date(at.getTime() + seconds * 1000)
    const venue = await served({ ...faultless, correction: 1, late_commission: 1, duplicated: 1 }, { now })
    await venue.broker.placeOrder(request({ account_id: venue.account_id, quantity: money(10) }))
    // 100.03 and one percent more
    expect(await executions(venue)).toEqual(['1.01 undefined 101.0303 0 true', '1.01 undefined 101.0303 0 true'])
    seconds = 3
    expect(await executions(venue)).toEqual(['1.02 1.01 100.03 1 undefined', '1.02 1.01 100.03 1 undefined'])
  })

  it('rejects, breaks, and is cut off', async () => {
    const rejecting = await served({ ...faultless, rejection: 1 })
    const order = request({ account_id: rejecting.account_id, quantity: money(10) })
    expect(await rejecting.broker.placeOrder(order)).toEqual({ kind: 'rejected', reason: 'REFUSED_BY_FAULT' })
    const breaking = await served({ ...faultless, refused_connection: 1 })
    expect(await breaking.broker.placeOrder({ ...order, account_id: breaking.account_id })).toMatchObject({ kind: 'unknown' })
    const gone = await served(faultless, { cutOff: () => true })
    expect(await gone.broker.status()).toBe('DISCONNECTED')
    await expect(gone.broker.openOrders(gone.account_id)).rejects.toBeInstanceOf(BrokerConnectionError)
  })

  it('answers as a moment before', async () => {
    const plan = { ...faultless }
    const { broker, account_id } = await served(plan)
    expect(await broker.positions(account_id)).toEqual([])
    plan.stale = 1
    await broker.placeOrder(request({ account_id, quantity: money(10) }))
    expect(await broker.positions(account_id)).toEqual([])
    plan.stale = 0
    expect(await broker.positions(account_id)).toHaveLength(1)
  })
})
