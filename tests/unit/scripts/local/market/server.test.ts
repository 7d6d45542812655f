import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { marketServer } from '../../../../../scripts/local/market/server.ts'
import { simulateMarket } from '../../../../../scripts/local/market/simulation.ts'

const at = new Date('2026-03-04T15:00:00Z')
const instruments = [{ instrument_id: 'EQUITY:AAPL', tick: '0.01', lot: '1', calendar: 'XNYS' }]
const market = simulateMarket({ seed: 'one', instruments, walks: { 'EQUITY:AAPL': { start: 200, volatility: 0.25 } }, hours: false })
let shocks = 0
const server = marketServer({
  market,
  now: () => at,
  onShock: () => {
    shocks += 1
  },
})
let url = ''

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const shock = (body: string) => fetch(`${url}/shock`, { method: 'POST', body })

describe('market over HTTP', () => {
  it('gives a quote whose figures are text', async () => {
    const quote = await (await fetch(`${url}/quotes/EQUITY:AAPL`)).json()
    const figure = expect.stringMatching(/^\d+(\.\d+)?$/)
    expect(quote).toEqual({
      instrument_id: 'EQUITY:AAPL',
      bid: figure,
      ask: figure,
      last: figure,
      as_of: at.toISOString(),
      bid_size: figure,
      ask_size: figure,
      open: true,
    })
    expect(await (await fetch(`${url}/quotes`)).json()).toEqual([quote])
  })

  it('answers 404 for what it does not trade', async () => {
    expect((await fetch(`${url}/quotes/EQUITY:MSFT`)).status).toBe(404)
  })

  it('takes a shock, and refuses one that makes no sense', async () => {
    const before = market.quote('EQUITY:AAPL', at)?.last.toNumber() ?? 0
    const answer = await shock('{"instrument_id":"EQUITY:AAPL","pct":5}')
    expect([answer.status, shocks]).toEqual([200, 1])
    expect(Number(((await answer.json()) as { last: string }).last)).toBeCloseTo(before * 1.05, 1)
    const wrong = ['{"instrument_id":"EQUITY:AAPL","pct":-100}', '{"instrument_id":"EQUITY:MSFT","pct":1}', 'not JSON']
    for (const body of wrong) expect((await shock(body)).status).toBe(422)
    expect(shocks).toBe(1)
  })
})
