import { describe, expect, it, vi } from 'vitest'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import type { Broker } from '../../shared/brokers/broker.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { newPosition, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, atRealTime } = executionHouse(house)
let moment = 0

const trade = (price: number) => {
  moment += 1
  const text = String(price)
  return house.quoted('AAPL', text, text, text, { as_of: new Date(at.getTime() + moment), bid_size: money(1000), ask_size: money(1000) })
}

/** A position that a bracket has opened, with its closing orders at the broker. */
async function bracketed(changes: Partial<Broker> = {}, { rejecting = false } = {}) {
  const account_id = await house.account()
  const paper = house.broker()
  const broker: Broker = { ...paper, ...changes }
  await trade(100)
  const entry = command(account_id, { order_type: 'BRACKET', stop_loss: money(90), take_profit: money(110) })
  await executing(broker)(entry)
  await lookAt(lookOf(broker, account_id), [await stored(entry.order_id)])
  await tradingOrders.in(house.store).updateOne({ order_id: entry.order_id }, { $set: { status: 'FILLED' } })
  const id = { account_id, strategy_id: 'Trend', instrument_id: stock.instrument_id }
  const position = newPosition({ ...id, instrument: stock, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
  await replacePosition(house.store, { ...position, quantity: money(10), status: 'OPEN' })
  // As booking does it; nobody books here.
  const store = async (quantity: number) => {
    const known = await positionOf(house.store, id)
    if (known) await replacePosition(house.store, { ...known, quantity: money(quantity) })
  }
  const exit = async (quantity: number) => {
    const order = command(account_id, { action: 'SELL', quantity: money(quantity) })
    const refusing: Broker = { ...broker, placeOrder: async () => ({ kind: 'rejected', reason: 'NOT_NOW' }) }
    await executing(rejecting ? refusing : broker)(order)
    const { status, filled_qty } = await stored(order.order_id)
    const held = (await positionOf(house.store, id))?.quantity ?? money(0)
    await store(held.minus(filled_qty).toNumber())
    return `${status} ${filled_qty}`
  }
  const own = async () => (await tradingOrders.in(house.store).find({ account_id }).toArray()).map(tradingOrders.read)
  const look = async () => {
    const open = (await own()).filter(({ status, unprotected }) => unprotected || !isTerminal(status))
    await lookAt(lookOf(broker, account_id), open)
  }
  /** After all that filled was booked, and some time has passed. */
  const later = (work: () => Promise<void>) =>
    atRealTime(async () => {
      vi.setSystemTime(Date.now() + 30_000)
      const executions = (await own()).flatMap(({ fills = [] }) => fills)
      const marks = executions.map(({ execution_id }) => ({ account_id, execution_id, booked: true }))
      await house.store.db.collection('fills').insertMany(marks, { bypassDocumentValidation: true })
      await work()
    })
  const legs = async () =>
    (await Promise.all(['SL', 'TP'].map(role => stored(`${entry.order_id}_${role}`)))).map(
      ({ status, filled_qty, quantity }) => `${status} ${filled_qty} of ${quantity}`,
    )
  return { exit, legs, look, later, entry, store, held: async () => (await house.book(account_id)).held }
}

describe('an exit from a position that a bracket closes', () => {
  it('takes back what would close it, and closes it', async () => {
    const { exit, legs, held } = await bracketed()
    expect(await legs()).toEqual(['SUBMITTED 0 of 10', 'SUBMITTED 0 of 10'])
    expect(await exit(10)).toBe('FILLED 10')
    expect([await legs(), await held()]).toEqual([['CANCELED 0 of 10', 'CANCELED 0 of 10'], []])
  })

  it('closes nothing where the target was faster', async () => {
    const { exit, legs, held } = await bracketed()
    await trade(111)
    expect(await exit(10)).toBe('CANCELED 0')
    expect([await legs(), await held()]).toEqual([['CANCELED 0 of 10', 'FILLED 10 of 10'], []])
  })

  it('is followed by a stop for what it leaves, which can not reverse the position', async () => {
    const { exit, legs, held, look } = await bracketed()
    expect(await exit(4)).toBe('FILLED 4')
    expect([await legs(), await held()]).toEqual([['SUBMITTED 0 of 6', 'SUBMITTED 0 of 6'], ['AAPL 6']])
    await trade(89)
    await look()
    expect([await legs(), await held()]).toEqual([['FILLED 6 of 6', 'CANCELED 0 of 6'], []])
  })

  it('makes the target smaller as well, again and again', async () => {
    const { exit, legs, held, look } = await bracketed()
    expect([await exit(4), await exit(5)]).toEqual(['FILLED 4', 'FILLED 5'])
    expect(await legs()).toEqual(['SUBMITTED 0 of 1', 'SUBMITTED 0 of 1'])
    await trade(111)
    await look()
    expect([await legs(), await held()]).toEqual([['CANCELED 0 of 1', 'FILLED 1 of 1'], []])
  })

  it('closes no more than is left where the stop was faster', async () => {
    const { exit, legs, held } = await bracketed()
    await trade(89)
    expect(await exit(4)).toBe('CANCELED 0')
    expect([await legs(), await held()]).toEqual([['FILLED 10 of 10', 'CANCELED 0 of 10'], []])
  })

  it.each([
    ['the target', 111],
    ['the stop', 89],
  ])('leaves one order of ours that closes the rest at %s, where the broker does not change its own', async (_side, price) => {
    const { exit, legs, held, look, entry, store } = await bracketed({
      modifyOrder: async () => ({ kind: 'rejected', reason: 'NOT_THESE' }),
    })
    expect(await exit(4)).toBe('FILLED 4')
    expect(await legs()).toEqual(['CANCELED 0 of 10', 'CANCELED 0 of 10'])
    await store(6)
    await look()
    await look()
    const made = await stored(`${entry.order_id}_C1`)
    expect([made.status, made.order_type, made.quantity.toString(), made.is_exit]).toEqual(['SUBMITTED', 'OCO', '6', true])
    await trade(price)
    await look()
    await look()
    expect([(await stored(made.order_id)).status, await held()]).toEqual(['FILLED', []])
  })

  it('gives the bracket back what it did not close', async () => {
    const { exit, legs, look, later } = await bracketed({}, { rejecting: true })
    expect(await exit(4)).toBe('REJECTED 0')
    expect(await legs()).toEqual(['SUBMITTED 0 of 6', 'SUBMITTED 0 of 6'])
    await later(look)
    expect(await legs()).toEqual(['SUBMITTED 0 of 10', 'SUBMITTED 0 of 10'])
  })
})
