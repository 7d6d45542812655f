import { describe, expect, it } from 'vitest'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { newPosition, replacePosition } from '../../shared/store/positions.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf } = executionHouse(house)
let moment = 0

const trade = (price: number) => {
  moment += 1
  const text = String(price)
  return house.quoted('AAPL', text, text, text, { as_of: new Date(at.getTime() + moment), bid_size: money(1000), ask_size: money(1000) })
}

/** A position that a bracket has opened, with its closing orders at the broker. */
async function bracketed() {
  const account_id = await house.account()
  const broker = house.broker()
  await trade(100)
  const entry = command(account_id, { order_type: 'BRACKET', stop_loss: money(90), take_profit: money(110) })
  await executing(broker)(entry)
  await lookAt(lookOf(broker, account_id), [await stored(entry.order_id)])
  await tradingOrders.in(house.store).updateOne({ order_id: entry.order_id }, { $set: { status: 'FILLED' } })
  const id = { account_id, strategy_id: 'Trend', instrument_id: stock.instrument_id }
  const position = newPosition({ ...id, instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
  await replacePosition(house.store, { ...position, quantity: money(10), status: 'OPEN' })
  const exit = async (quantity: number) => {
    const order = command(account_id, { action: 'SELL', quantity: money(quantity) })
    await executing(broker)(order)
    const { status, filled_qty } = await stored(order.order_id)
    return `${status} ${filled_qty}`
  }
  const legs = async () =>
    (await Promise.all(['SL', 'TP'].map(role => stored(`${entry.order_id}_${role}`)))).map(
      ({ status, filled_qty }) => `${status} ${filled_qty}`,
    )
  return { exit, legs, held: async () => (await house.book(account_id)).held }
}

describe('an exit from a position that a bracket closes', () => {
  it('takes back what would close it, and closes it', async () => {
    const { exit, legs, held } = await bracketed()
    expect(await legs()).toEqual(['SUBMITTED 0', 'SUBMITTED 0'])
    expect(await exit(10)).toBe('FILLED 10')
    expect([await legs(), await held()]).toEqual([['CANCELED 0', 'CANCELED 0'], []])
  })

  it('closes nothing where the target was faster', async () => {
    const { exit, legs, held } = await bracketed()
    await trade(111)
    expect(await exit(10)).toBe('CANCELED 0')
    expect([await legs(), await held()]).toEqual([['CANCELED 0', 'FILLED 10'], []])
  })

  it('leaves it to close the rest where it closes only a part', async () => {
    const { exit, legs } = await bracketed()
    expect(await exit(4)).toBe('FILLED 4')
    expect(await legs()).toEqual(['SUBMITTED 0', 'SUBMITTED 0'])
  })
})
