import { describe, expect, it } from 'vitest'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import type { Broker, PlaceRequest } from '../../shared/brokers/broker.ts'
import { lacking } from '../../shared/brokers/paper/lacking.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { instruments } from '../../shared/store/instruments.ts'
import { type StoredOrder, tradingOrders } from '../../shared/store/trading-orders.ts'
import { at, money, stock } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf } = executionHouse(house)

/** A paper broker that knows market and limit orders only, and notes what it is asked to do. */
function plainBroker(did: string[], changes: Partial<Broker> = {}): Broker {
  const broker = lacking(house.broker(), { lacks: ['STOP', 'STOP_LIMIT', 'TRAILING_STOP', 'BRACKET', 'OCO'] })
  return {
    ...broker,
    placeOrder: request => {
      did.push(shown(request))
      return broker.placeOrder(request)
    },
    cancelOrder: id => {
      did.push(`cancel ${suffix(id.client_order_id)}`)
      return broker.cancelOrder(id)
    },
    ...changes,
  }
}

const suffix = (client_order_id: string) => client_order_id.replace(/^S\d+_/, '')
const shown = ({ client_order_id, action, quantity, order_type, limit_price }: PlaceRequest) =>
  [suffix(client_order_id), action, quantity, order_type, ...(limit_price ? [limit_price] : [])].join(' ')

let shares = 0
/** A share of its own, so that nobody else moves its price. */
async function newShare() {
  shares += 1
  const instrument = { ...stock, instrument_id: `EQUITY:E${shares}`, symbol: `E${shares}` }
  await instruments.in(house.store).insertOne({ ...instrument })
  let moment = 0
  const trade = (last: number, size = 1_000_000) => {
    moment += 1
    const [bid, ask] = [money(last).minus('0.01').toString(), money(last).plus('0.01').toString()]
    return house.quoted(instrument.instrument_id, bid, ask, String(last), {
      as_of: new Date(at.getTime() + moment),
      bid_size: money(size),
      ask_size: money(size),
    })
  }
  await trade(100)
  return { instrument, trade }
}

/** An order at a broker of an account, looked at as often as is asked. */
async function given(terms: Partial<OrderCommand>, broker?: (did: string[]) => Broker) {
  const account_id = await house.account()
  const { instrument, trade } = await newShare()
  const did: string[] = []
  const own = (broker ?? plainBroker)(did)
  const placed = command(account_id, { instrument_id: instrument.instrument_id, instrument, quantity: money(10), ...terms })
  await executing(own)(placed)
  const look = async () => {
    const open = await tradingOrders
      .in(house.store)
      .find({ account_id, $or: [{ status: { $nin: ['FILLED', 'CANCELED', 'REJECTED', 'EXPIRED'] } }, { unprotected: true }] })
      .toArray()
    // Each look is that of a supervisor which has just started: it knows nothing but what is stored.
    await lookAt(lookOf(own, account_id), open.map(tradingOrders.read))
  }
  const ask = async (order_id: string) => {
    const { status, filled_qty } = await stored(order_id)
    return `${status} ${filled_qty}`
  }
  return {
    placed,
    account_id,
    did,
    look,
    trade,
    order: () => ask(placed.order_id),
    leg: (role: 'SL' | 'TP') => ask(`${placed.order_id}_${role}`),
    ours: async (): Promise<StoredOrder[]> =>
      (await tradingOrders.in(house.store).find({ account_id }).sort({ order_id: 1 }).toArray()).map(tradingOrders.read),
    held: async () => (await house.book(account_id)).held.map(each => each.split(' ')[1]),
  }
}

describe('a stop that its broker lacks', () => {
  it('waits with the supervisor, and goes as a market order once it is reached', async () => {
    const { did, look, trade, order } = await given({ action: 'SELL', order_type: 'STOP', stop_price: money(99) })
    await trade(99.01)
    await look()
    expect([did, await order()]).toEqual([[], 'SUBMITTED 0'])
    await trade(99)
    await look()
    await look()
    expect([did, await order()]).toEqual([['ORD SELL 10 MARKET'], 'FILLED 10'])
  })

  it('follows the best price at its distance', async () => {
    const { did, look, trade } = await given({ action: 'SELL', order_type: 'TRAILING_STOP', trail_amount: money(2) })
    for (const last of [100, 105, 103.01]) {
      await trade(last)
      await look()
    }
    expect(did).toEqual([])
    await trade(103)
    await look()
    expect(did).toEqual(['ORD SELL 10 MARKET'])
  })

  it('becomes a limit order where it was a STOP_LIMIT', async () => {
    const { did, look, trade, ours } = await given({
      action: 'SELL',
      order_type: 'STOP_LIMIT',
      stop_price: money(99),
      limit_price: money(98),
    })
    await trade(98.5)
    await look()
    expect(did).toEqual(['ORD SELL 10 LIMIT 98'])
    expect(await ours()).toHaveLength(1)
  })

  it('is sent once where the answer is lost, and again only when the broker is sure that it has none', async () => {
    const swallowed: string[] = []
    const { did, look, trade, placed, order } = await given({ action: 'SELL', order_type: 'STOP', stop_price: money(99) }, list => {
      const plain = plainBroker(list)
      return {
        ...plain,
        placeOrder: async request => {
          if (list.length > 0 || swallowed.length > 0) return plain.placeOrder(request)
          swallowed.push(shown(request))
          return { kind: 'unknown', reason: 'no answer' }
        },
      }
    })
    await trade(98)
    for (let n = 0; n < 4; n += 1) await look()
    expect([swallowed, did]).toEqual([['ORD SELL 10 MARKET'], []])
    const long_ago = new Date(Date.now() - 10_000)
    await tradingOrders.in(house.store).updateOne({ order_id: placed.order_id }, { $set: { 'emulated.sent.0.at': long_ago } })
    await look()
    expect([did, await order()]).toEqual([['ORD SELL 10 MARKET'], 'FILLED 10'])
  })

  it('ends where it is when it is canceled before it was reached', async () => {
    const { did, look, trade, placed, order, account_id } = await given({ action: 'SELL', order_type: 'STOP', stop_price: money(99) })
    const cancel = command(account_id, { ...placed, command: 'CANCEL', order_id: `${placed.order_id}_C`, target_order_id: placed.order_id })
    await executing(plainBroker(did))(cancel)
    await trade(98)
    await look()
    expect([did, await order()]).toEqual([[], 'CANCELED 0'])
  })
})

describe('a bracket that its broker lacks', () => {
  const bracket = { action: 'BUY', order_type: 'BRACKET', stop_loss: money(95), take_profit: money(110) } as const

  it('enters, rests its target and watches its stop; the target filled ends the stop', async () => {
    const { did, look, trade, leg, order, held, ours } = await given({ ...bracket })
    await look()
    await look()
    expect(did).toEqual(['ORD BUY 10 MARKET', 'ORD_TP SELL 10 LIMIT 110'])
    expect([await order(), await leg('SL'), await leg('TP')]).toEqual(['FILLED 10', 'SUBMITTED 0', 'SUBMITTED 0'])
    await trade(111)
    await look()
    await look()
    expect([await leg('SL'), await leg('TP'), await held()]).toEqual(['CANCELED 0', 'FILLED 10', []])
    expect((await ours()).map(({ unprotected }) => unprotected ?? false)).toEqual([false, false, false])
  })

  it('takes its target back before its stop goes out, so that it never closes twice', async () => {
    const { did, look, trade, leg, held } = await given({ ...bracket })
    await look()
    await look()
    await trade(95)
    for (let n = 0; n < 3; n += 1) await look()
    expect(did.slice(2)).toEqual(['cancel ORD_TP', 'ORD_SL SELL 10 MARKET'])
    expect([await leg('SL'), await leg('TP'), await held()]).toEqual(['FILLED 10', 'CANCELED 0', []])
  })

  it('closes by its stop what its target has left', async () => {
    const { did, look, trade, leg, held } = await given({ ...bracket })
    await look()
    await look()
    await trade(110.01, 4)
    await look()
    expect(await leg('TP')).toBe('PARTIALLY_FILLED 4')
    await trade(94)
    for (let n = 0; n < 3; n += 1) await look()
    expect(did.at(-1)).toBe('ORD_SL SELL 6 MARKET')
    expect([await leg('SL'), await leg('TP'), await held()]).toEqual(['FILLED 6', 'CANCELED 4', []])
  })

  it('protects what a limit entry has filled so far, and takes the rest of it back when the stop is reached', async () => {
    const { did, look, trade, leg, order, held } = await given({ ...bracket, limit_price: money(99) })
    await look()
    await trade(98.99, 4)
    await look()
    expect([await order(), await leg('SL')]).toEqual(['PARTIALLY_FILLED 4', 'SUBMITTED 0'])
    await trade(94, 1)
    for (let n = 0; n < 4; n += 1) await look()
    const bought = Number((await order()).split(' ')[1])
    expect(did.filter(each => each.startsWith('cancel'))).toEqual(['cancel ORD'])
    expect(did.at(-1)).toBe(`ORD_SL SELL ${bought} MARKET`)
    expect([(await order()).split(' ')[0], await leg('SL'), await held()]).toEqual(['CANCELED', `FILLED ${bought}`, []])
  })

  it('enters at its stop by watching that as well', async () => {
    const { did, look, trade } = await given({ ...bracket, stop_price: money(101) })
    await look()
    expect(did).toEqual([])
    await trade(101)
    await look()
    expect(did).toEqual(['ORD BUY 10 MARKET'])
  })

  it('hands a stop that the broker refuses to the ladder of exits', async () => {
    const { look, trade, placed } = await given({ ...bracket, take_profit: null }, did => {
      const plain = plainBroker(did)
      return {
        ...plain,
        placeOrder: async request => (request.action === 'SELL' ? { kind: 'rejected', reason: 'no' } : plain.placeOrder(request)),
      }
    })
    await look()
    await trade(90)
    for (let n = 0; n < 2; n += 1) await look()
    expect(await stored(`${placed.order_id}_SL`)).toMatchObject({
      status: 'REJECTED',
      unfinished_exit: true,
      reason: 'BROKER_REJECTED: no',
    })
  })
})

describe('one order in place of two that its broker lacks (OCO)', () => {
  const oco = { action: 'BUY', order_type: 'OCO', limit_price: money(99), stop_price: money(101) } as const

  it('rests its better side, and is filled by it', async () => {
    const { did, look, trade, order } = await given({ ...oco })
    expect([did, await order()]).toEqual([['ORD BUY 10 LIMIT 99'], 'SUBMITTED 0'])
    await trade(98.9)
    await look()
    expect(await order()).toBe('FILLED 10')
  })

  it('takes that back when its worse side is reached, and buys the rest at the market', async () => {
    const { did, look, trade, order, held, ours } = await given({ ...oco })
    await look()
    await trade(98.99, 3)
    await look()
    expect(await order()).toBe('PARTIALLY_FILLED 3')
    await trade(101.5)
    for (let n = 0; n < 3; n += 1) await look()
    expect(did).toEqual(['ORD BUY 10 LIMIT 99', 'cancel ORD', 'ORD_ST BUY 7 MARKET'])
    expect([await order(), await held(), await ours()]).toMatchObject(['FILLED 10', ['10'], [{ avg_fill_price: expect.anything() }]])
  })

  it('is canceled whole', async () => {
    const { did, look, placed, order, account_id } = await given({ ...oco })
    await look()
    const cancel = command(account_id, { ...placed, command: 'CANCEL', order_id: `${placed.order_id}_C`, target_order_id: placed.order_id })
    await executing(plainBroker(did))(cancel)
    expect(await order()).toBe('CANCEL_PENDING 0')
    await look()
    await look()
    expect([did.slice(1), await order()]).toEqual([['cancel ORD'], 'CANCELED 0'])
  })
})
