import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const send = async (signal: object) => {
  const { strategy_id, passphrase, ticker, api_key } = demoStrategy(system, 'AAPL_Equity')
  const { body } = await system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signal: { ticker, ...signal } })
  return { answer: body, api_key, signal_id: String(body.signal_id) }
}
const orderOf = (filter: object) => system.db().collection('trading_orders').findOne(filter)

describe('an order', () => {
  it('is placed at its broker, whose id is stored, and a confirmation is published', async () => {
    const { answer, api_key, signal_id } = await send({ action: 'BUY' })
    await follow(system, answer, api_key, ['FILLED'])
    const order = await orderOf({ signal_id })
    expect(order).toMatchObject({ status: 'FILLED', broker_order_id: expect.stringContaining(`${signal_id}_ORD`), attempts: 1 })
    expect(order?.states.map(({ status }: { status: string }) => status)).toEqual(['NEW', 'SUBMITTING', 'FILLED'])
    const confirmation = await vi.waitFor(async () => {
      const found = await system.db().collection('execution_confirmations').findOne({ signal_id, status: 'FILLED' })
      expect(found).not.toBeNull()
      return found
    })
    expect(String(confirmation?.filled_qty)).toBe(String(order?.quantity))
    expect(String(confirmation?.remaining_qty)).toBe('0')
    expect(confirmation?.fills[0]).toMatchObject({ execution_id: expect.any(String), commission_currency: 'USD' })
    const exit = await send({ action: 'SELL' })
    await follow(system, exit.answer, exit.api_key, ['FILLED'])
  })

  it('with a stop loss and a target is a bracket, whose stop closes it within seconds when the market falls', async () => {
    const quote = await system.db().collection('quotes').findOne({ instrument_id: 'EQUITY:AAPL' })
    const last = new Decimal(String(quote?.last))
    const level = (factor: string) => last.times(factor).toFixed(2)
    const { answer, api_key, signal_id } = await send({ action: 'BUY', stop_loss: level('0.98'), take_profit: level('1.5') })
    await vi.waitFor(async () => expect((await orderOf({ order_id: `${signal_id}_ORD` }))?.status).toBe('FILLED'), { timeout: 30_000 })
    expect(await orderOf({ order_id: `${signal_id}_ORD` })).toMatchObject({ order_type: 'BRACKET' })
    await runStep(system, 'supervise-orders')
    await vi.waitFor(async () => expect((await orderOf({ order_id: `${signal_id}_ORD_SL` }))?.status).toBe('SUBMITTED'), {
      timeout: 30_000,
    })
    await shock('EQUITY:AAPL', -10)
    const stop = await vi.waitFor(
      async () => {
        const found = await orderOf({ order_id: `${signal_id}_ORD_SL` })
        expect(found?.status).toBe('FILLED')
        return found
      },
      { timeout: 30_000, interval: 50 },
    )
    const [fill] = stop?.fills ?? []
    const seen = stop?.states.find(({ status }: { status: string }) => status === 'FILLED')?.at
    expect(seen.getTime() - fill.time.getTime()).toBeLessThan(3_000)
    await vi.waitFor(async () => expect((await orderOf({ order_id: `${signal_id}_ORD_TP` }))?.status).toBe('CANCELED'), { timeout: 30_000 })
    await vi.waitFor(
      async () => {
        const position = await system.db().collection('positions').findOne({ strategy_id: 'AAPL_Equity', instrument_id: 'EQUITY:AAPL' })
        expect(String(position?.quantity)).toBe('0')
      },
      { timeout: 30_000 },
    )
    await follow(system, answer, api_key, ['FILLED'])
  })
})

/** Moves a price of the simulated market, which listens four ports above the first. */
async function shock(instrument_id: string, pct: number): Promise<void> {
  const first = Number(new URL(system.endpoints().api_url ?? '').port)
  const answer = await fetch(`http://127.0.0.1:${first + 4}/shock`, { method: 'POST', body: JSON.stringify({ instrument_id, pct }) })
  expect(answer.status).toBe(200)
}
