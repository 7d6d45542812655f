import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { bookEvents } from '../../functions/sync-accounts/account-events.ts'
import { syncAccount } from '../../functions/sync-accounts/sync-account.ts'
import type { AccountEvent } from '../../shared/brokers/broker.ts'
import { averagePrice, bookFill } from '../../shared/domain/account/book-fill.ts'
import { cashEvents, positionEvents } from '../../shared/store/account-events.ts'
import type { Account } from '../../shared/store/account-hierarchy.ts'
import { currentState } from '../../shared/store/accounts.ts'
import { fills } from '../../shared/store/fills.ts'
import { instruments } from '../../shared/store/instruments.ts'
import { paperActions } from '../../shared/store/paper-events.ts'
import { claimQuantity, newPosition, openPositionsIn, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { at, future, money, option, request, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, lookOf, stored } = executionHouse(house)
const later = new Date(at.getTime() + 3_600_000)
const EXPIRED = new Date('2026-03-20T22:00:00Z')
const share = { ...stock, instrument_id: 'EQUITY:XYZ', symbol: 'XYZ' }
const call = {
  ...option,
  instrument_id: 'OPTION:XYZ',
  symbol: 'XYZ260320C00090000',
  expiry: '2026-03-20',
  strike: money(90),
  right: 'CALL' as const,
}
const worthless = { ...call, instrument_id: 'OPTION:XYZP', symbol: 'XYZ260320P00090000', right: 'PUT' as const }

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: later }))
afterAll(() => void vi.useRealTimers())

beforeAll(async () => {
  await instruments.in(house.store).insertMany([share, call, worthless].map(each => ({ ...each })))
  await house.quoted('EQUITY:XYZ', '100', '100', '100')
  await house.quoted('OPTION:XYZ', '10', '10', '10')
  await house.quoted('OPTION:XYZP', '1', '1', '1')
})

const placed = (account_id: string) => ({
  account: { account_id, trading_mode: 'PAPER' } as Account,
  broker: { broker_id: 'PAPER', broker_name: '', adapter: 'paper' as const, connection: {}, accounts: [] },
})

let shares = 0
/** A share that nothing was declared for. */
async function newShare() {
  shares += 1
  const fresh = { ...stock, instrument_id: `EQUITY:N${shares}`, symbol: `N${shares}` }
  await instruments.in(house.store).insertOne({ ...fresh })
  await house.quoted(fresh.instrument_id, '100', '100', '100')
  return fresh
}

/** Buys at the broker, and books the same for strategies by their parts. */
async function holding(account_id: string, instrument: typeof share | typeof call, parts: Record<string, number>) {
  const quantity = Object.values(parts).reduce((sum, part) => sum + part, 0)
  await house
    .broker()
    .placeOrder(request({ account_id, client_order_id: `${instrument.instrument_id}-in`, instrument, quantity: money(quantity) }))
  for (const [strategy_id, part] of Object.entries(parts)) {
    const { instrument_id, multiplier } = instrument
    const start = newPosition({ account_id, strategy_id, instrument_id, instrument, broker_id: 'PAPER', trading_mode: 'PAPER' }, at)
    const held = bookFill(
      start,
      { execution_id: `in-${strategy_id}`, action: 'BUY', quantity: money(part), price: money(10), time: at },
      multiplier,
    )
    await replacePosition(house.store, { ...start, ...held, status: 'OPEN', avg_price: averagePrice(held, multiplier) })
  }
}

const declare = (action: object) =>
  paperActions.in(house.store).insertOne(
    paperActions.read({
      action_id: 'a',
      instrument_id: null,
      account_id: null,
      amount: null,
      ratio: null,
      at: later,
      description: '',
      ...action,
    }) as object,
  )

const sync = (account_id: string, now = later) => {
  vi.setSystemTime(now)
  return bookEvents(house.store, house.broker({ now: () => now }), placed(account_id))
}

const ours = async (account_id: string) =>
  (await openPositionsIn(house.store, account_id))
    .map(({ strategy_id, instrument_id, quantity }) => `${strategy_id} ${instrument_id} ${quantity}`)
    .sort()

describe('what happens to an account beside orders', () => {
  it('a dividend is paid on what is held, once, and told', async () => {
    const account_id = await house.account()
    const own = await newShare()
    const { instrument_id } = own
    await holding(account_id, own, { A: 60, B: 40 })
    const before = (await house.book(account_id)).cash
    await declare({ action_id: 'div', type: 'DIVIDEND', instrument_id, amount: '0.25' })
    await Promise.all([sync(account_id), sync(account_id)])
    await sync(account_id)
    expect((await house.book(account_id)).cash).toBe(money(before).plus(25).toString())
    const [event, ...more] = (await cashEvents.in(house.store).find({ account_id }).toArray()).map(cashEvents.read)
    expect(more).toEqual([])
    expect(event).toMatchObject({ type: 'DIVIDEND', currency: 'USD', instrument_id })
    expect(event?.amount.toFixed()).toBe('25')
  })

  it('interest and fees reach the account that they are declared for', async () => {
    const account_id = await house.account()
    await declare({ action_id: `int-${account_id}`, type: 'INTEREST', account_id, amount: '-12.5' })
    await sync(account_id)
    expect((await house.book(account_id)).cash).toBe('999987.5')
    expect(await cashEvents.in(house.store).countDocuments({ account_id, type: 'INTEREST' })).toBe(1)
  })

  it('a split multiplies what the broker and each strategy hold, at no cost', async () => {
    const account_id = await house.account()
    const own = await newShare()
    const { instrument_id } = own
    await holding(account_id, own, { A: 60, B: 40 })
    const { cash } = await house.book(account_id)
    await declare({ action_id: 'split', type: 'SPLIT', instrument_id, ratio: '3' })
    await Promise.all([sync(account_id), sync(account_id)])
    const book = await house.book(account_id)
    expect(book.held).toEqual([`${instrument_id} 300`])
    expect(await ours(account_id)).toEqual([`A ${instrument_id} 180`, `B ${instrument_id} 120`])
    expect(book.cash).toBe(cash)
    const [a] = await openPositionsIn(house.store, account_id)
    expect([a?.lots[0]?.price.toFixed(4), a?.realized_pnl.toFixed(), a?.pending_fills]).toEqual(['3.3333', '0', []])
    await declare({ action_id: 'back', type: 'SPLIT', instrument_id, ratio: '0.5', at: EXPIRED })
    await sync(account_id, EXPIRED)
    expect([(await house.book(account_id)).held, await ours(account_id)]).toEqual([
      [`${instrument_id} 150`],
      [`A ${instrument_id} 90`, `B ${instrument_id} 60`],
    ])
  })

  it('an option in the money becomes its shares at the strike; one out of the money ends', async () => {
    const account_id = await house.account()
    await holding(account_id, call, { A: 3, B: 1 })
    await holding(account_id, worthless, { A: 2 })
    const { cash } = await house.book(account_id)
    await sync(account_id, new Date('2026-03-20T20:59:59Z'))
    expect((await house.book(account_id)).held).toHaveLength(2)
    await Promise.all([sync(account_id, EXPIRED), sync(account_id, EXPIRED)])
    const book = await house.book(account_id)
    expect(book.held).toEqual(['EQUITY:XYZ 400'])
    expect(book.cash).toBe(
      money(cash)
        .minus(400 * 90)
        .toString(),
    )
    expect(await ours(account_id)).toEqual(['A EQUITY:XYZ 300', 'B EQUITY:XYZ 100'])
    const [a] = await openPositionsIn(house.store, account_id)
    expect(a?.avg_price.toFixed()).toBe('90')
    const results = (await fills.in(house.store).find({ account_id }).toArray()).map(fills.read)
    expect(results.map(({ strategy_id, instrument_id, realized_pnl }) => `${strategy_id} ${instrument_id} ${realized_pnl}`).sort()).toEqual(
      ['A EQUITY:XYZ 0', 'A OPTION:XYZ -3000', 'A OPTION:XYZP -2000', 'B EQUITY:XYZ 0', 'B OPTION:XYZ -1000'],
    )
    expect(await positionEvents.in(house.store).countDocuments({ account_id, booked_at: { $ne: null } })).toBe(2)
  })

  it('a future is delivered as its units at its settlement price, and one contract rolls into the next', async () => {
    const account_id = await house.account()
    const bushels = await newShare()
    const [near, next] = [1, 2].map(month => ({
      ...future,
      instrument_id: `FUTURE:${bushels.symbol}${month}`,
      symbol: `${bushels.symbol}M${month}`,
      tick: money('0.01'),
      margin_per_lot: money(100),
    }))
    if (!near || !next) throw new Error('two are made')
    for (const each of [near, next]) {
      await instruments.in(house.store).insertOne({ ...each })
      await house.quoted(each.instrument_id, '100', '100', '100')
    }
    await holding(account_id, near, { A: 3, B: 1 })
    const into = { instrument_id: next.instrument_id, settled_at: '12', price: '13' }
    await declare({ action_id: `roll-${account_id}`, type: 'ROLL', instrument_id: near.instrument_id, into })
    await Promise.all([sync(account_id), sync(account_id)])
    expect([(await house.book(account_id)).held, await ours(account_id)]).toEqual([
      [`${next.instrument_id} 4`],
      [`A ${next.instrument_id} 3`, `B ${next.instrument_id} 1`],
    ])
    const delivered = { instrument_id: bushels.instrument_id, settled_at: '15', price: '15' }
    await declare({ action_id: `dlv-${account_id}`, type: 'DELIVERY', instrument_id: next.instrument_id, into: delivered, at: EXPIRED })
    await sync(account_id, EXPIRED)
    expect([(await house.book(account_id)).held, await ours(account_id)]).toEqual([
      [`${bushels.instrument_id} 200`],
      [`A ${bushels.instrument_id} 150`, `B ${bushels.instrument_id} 50`],
    ])
    // Bought at 10, rolled at 12 into 13, delivered at 15, 50 units a contract: (2 + 2) × 50 for each contract.
    const made = (await fills.in(house.store).find({ account_id, strategy_id: 'A' }).toArray()).map(fills.read)
    expect(made.map(({ realized_pnl }) => realized_pnl?.toNumber() ?? 0).reduce((one, other) => one + other, 0)).toBe(3 * 4 * 50)
    const kinds = await positionEvents.in(house.store).find({ account_id }).sort({ time: 1 }).toArray()
    expect(kinds.map(({ type, booked_at }) => [type, booked_at !== null])).toEqual([
      ['ROLL', true],
      ['DELIVERY', true],
    ])
  })

  it('a roll that tells no prices takes what was paid along', async () => {
    const account_id = await house.account()
    const [old, fresh] = [await newShare(), await newShare()]
    await holding(account_id, old, { A: 10 })
    const told: AccountEvent = {
      kind: 'POSITION',
      account_id,
      event_id: 'R1',
      type: 'ROLL',
      instrument_id: old.instrument_id,
      quantity_change: money(-10),
      ratio: null,
      price: null,
      into: { instrument_id: fresh.instrument_id, quantity_change: money(10) },
      time: later,
      description: '',
    }
    await bookEvents(house.store, { ...house.broker(), accountEvents: async () => [told, told] }, placed(account_id))
    const [position, ...more] = await openPositionsIn(house.store, account_id)
    expect(more).toEqual([])
    expect([position?.instrument_id, position?.avg_price.toFixed(), position?.realized_pnl.toFixed()]).toEqual([
      fresh.instrument_id,
      '10',
      '0',
    ])
  })

  it('an expiry gives back what exits had claimed of the position, and their orders are taken back', async () => {
    const account_id = await house.account()
    await holding(account_id, worthless, { A: 2, B: 4 })
    const [a] = (await openPositionsIn(house.store, account_id)).filter(({ strategy_id }) => strategy_id === 'A')
    if (!a) throw new Error('A holds some')
    await claimQuantity(house.store, a, [{ order_id: 'X1', quantity: money(2), at }])
    const exit = {
      strategy_id: 'A',
      instrument_id: worthless.instrument_id,
      instrument: worthless,
      action: 'SELL',
      quantity: money(2),
    } as const
    const resting = command(account_id, { ...exit, order_type: 'LIMIT', limit_price: money(9), time_in_force: 'GTC' })
    await executing(house.broker())(resting)
    await sync(account_id, EXPIRED)
    expect(await ours(account_id)).toEqual([])
    expect((await positionOf(house.store, { account_id, strategy_id: 'A', instrument_id: worthless.instrument_id }))?.closing).toEqual([])
    vi.setSystemTime(EXPIRED.getTime() + 10_000)
    await lookAt(lookOf(house.broker(), account_id), [await stored(resting.order_id)])
    expect(await stored(resting.order_id)).toMatchObject({ status: 'CANCELED', reason: expect.stringMatching(/^cancel/) })
  })

  it('an account’s open orders go by our names, and hold what closes a bracket', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    const resting = { order_type: 'LIMIT', limit_price: money(50), time_in_force: 'GTC' } as const
    await executing(broker)(command(account_id, { ...resting, order_id: 'S_A_LONG_NAME_ORD', client_order_id: 'a1b2c3' }))
    const bracket = { order_type: 'BRACKET', stop_loss: money(90), take_profit: money(110) } as const
    await executing(broker)(command(account_id, { ...bracket, order_id: 'B_ORD', client_order_id: 'B_ORD' }))
    const { account, broker: plan } = placed(account_id)
    const whole = { ...account, currency: 'USD', account_type: 'MARGIN' as const, status: 'ACTIVE' as const, description: '' }
    const home = { ...plan, accounts: [whole] }
    const fund = { _id: 'fund', fund_name: 'F', base_currency: 'USD', brokers: [home] }
    const sync = { store: house.store, brokers: async () => broker, time_zone: 'UTC', flush: async () => undefined, deadline_ms: 5_000 }
    await syncAccount(sync, fund, { account: whole, broker: home })
    const state = await currentState(house.store, account_id)
    expect(state?.open_orders.map(({ order_id, status, order_type }) => `${order_id} ${order_type} ${status}`).sort()).toEqual([
      'B_ORD_SL STOP SUBMITTED',
      'B_ORD_TP LIMIT SUBMITTED',
      'S_A_LONG_NAME_ORD LIMIT SUBMITTED',
    ])
  })

  it('a share that somebody left half booked is finished, and not counted again', async () => {
    const account_id = await house.account()
    const own = await newShare()
    const { instrument_id } = own
    await holding(account_id, own, { A: 10 })
    await declare({ action_id: 'half', type: 'SPLIT', instrument_id, ratio: '2', at: EXPIRED })
    vi.setSystemTime(EXPIRED)
    const dies = house.hookedAt('client.bulkWrite', 1, () => Promise.reject(new Error('killed')))
    const broker = house.broker({ now: () => EXPIRED })
    await broker.accountEvents(account_id, at)
    await expect(bookEvents(dies, broker, placed(account_id))).rejects.toThrow('killed')
    for (let n = 0; n < 3; n += 1) await sync(account_id, EXPIRED)
    const [position] = await openPositionsIn(house.store, account_id)
    expect([position?.quantity.toFixed(), position?.pending_fills]).toEqual(['20', []])
  })
})
