import { type Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { FillReport } from '../../messages/order.ts'
import type { BrokerExecution, BrokerOrder } from '../broker.ts'
import type { Contracts } from './contracts.ts'
import { type Line, together } from './line.ts'
import { brokerOrderOf, clientIdOf, isEnded } from './order-map.ts'
import { type KiteOrder, type KiteTrade, kiteContractNotes, kiteOrders, kiteTrades } from './wire.ts'

/** Kite tells what an order cost only in its contract note, which is made when the order has ended. */
const CHARGES_TO = 4

export interface OrderBook {
  /** All of today. */
  orders(): Promise<KiteOrder[]>
  /** The order of a client id or of Kite's; null where there is none today. */
  find(id: { client_order_id: string; broker_order_id?: string | null | undefined }): Promise<KiteOrder | null>
  shown(order: KiteOrder): Promise<BrokerOrder>
  working(): Promise<BrokerOrder[]>
  executions(since: Date): Promise<BrokerExecution[]>
}

/** The day's orders and trades of one account. Kite forgets both overnight. */
export function orderBook(line: Line, contracts: Contracts): OrderBook {
  const { account_id, currency } = line.place
  /** Total charges of orders that have ended, by order and what was filled of it. */
  const charges = new Map<string, Decimal>()
  const toldPending = new Set<string>()

  const orders = () => line.ask({ kind: 'other', what: 'orders', schema: kiteOrders, from: client => client.getOrders() })
  const trades = () => line.ask({ kind: 'other', what: 'trades', schema: kiteTrades, from: client => client.getTrades() })
  const tradesOf = (order_id: string) =>
    line.ask({ kind: 'other', what: `orders/${order_id}/trades`, schema: kiteTrades, from: client => client.getOrderTrades(order_id) })

  const fillsOf = (order: KiteOrder | undefined, own: readonly KiteTrade[], units: Decimal): FillReport[] => {
    const total = order && charges.get(chargeKey(order))
    const values = own.map(({ average_price, quantity }) => average_price.times(quantity))
    const shares = total ? split(total, values) : null
    return own.map((trade, index) => ({
      // Exchanges begin their trade ids anew every day; an order's id has the day in it.
      execution_id: `${trade.order_id}-${trade.trade_id}`,
      price: trade.average_price,
      quantity: trade.quantity.div(units),
      time: trade.fill_timestamp ?? trade.exchange_timestamp ?? order?.order_timestamp ?? new Date(0),
      commission: shares?.[index] ?? ZERO,
      commission_currency: currency,
      ...(!shares && { commission_pending: true }),
    }))
  }

  /** Learns what ended orders cost, all in one question; one that fails leaves their commissions pending. */
  const learnCharges = async (ended: readonly KiteOrder[]): Promise<void> => {
    const wanted = ended.filter(order => order.filled_quantity.gt(0) && !charges.has(chargeKey(order)))
    if (wanted.length === 0) return
    const what = `charges/orders ${wanted.map(chargeKey).join(' ')}`
    const notes = await line
      .ask({ kind: 'other', what, schema: kiteContractNotes, from: client => client.getvirtualContractNote(wanted.map(noteOf)) })
      .catch(() => [])
    if (notes.length !== wanted.length) return
    for (const [index, order] of wanted.entries()) {
      const total = notes[index]?.charges?.total
      if (total) charges.set(chargeKey(order), total)
    }
  }

  const known = ({ exchange, tradingsymbol }: KiteOrder | KiteTrade) => contracts.known(exchange, tradingsymbol)

  const shownWith = async (order: KiteOrder, own: readonly KiteTrade[]): Promise<BrokerOrder> => {
    const contract = await known(order)
    return brokerOrderOf(order, { account_id, known: contract, fills: fillsOf(order, own, contract.units) })
  }

  const shown = async (order: KiteOrder): Promise<BrokerOrder> =>
    shownWith(order, order.filled_quantity.gt(0) ? await tradesOf(order.order_id) : [])

  return {
    orders,
    shown,
    find: async ({ client_order_id, broker_order_id }) => {
      const listed = await orders()
      return byTag(listed).get(client_order_id) ?? listed.find(({ order_id }) => order_id === (broker_order_id ?? client_order_id)) ?? null
    },
    working: async () => {
      const listed = await orders()
      const open = foreignWithoutTag(listed).filter(order => !isEnded(order))
      const all = open.some(order => order.filled_quantity.gt(0)) ? await trades() : []
      return Promise.all(
        open.map(order =>
          shownWith(
            order,
            all.filter(({ order_id }) => order_id === order.order_id),
          ),
        ),
      )
    },
    executions: async since => {
      const [listed, all] = await together([orders(), trades()])
      const owners = new Map(foreignWithoutTag(listed).map(order => [order.order_id, order]))
      await learnCharges([...owners.values()].filter(isEnded))
      const groups = [...Map.groupBy(all, ({ order_id }) => order_id)]
      const told = await Promise.all(
        groups.map(async ([order_id, own]): Promise<BrokerExecution[]> => {
          const [first] = own
          if (!first) return []
          const { instrument_id, symbol, units } = await known(first)
          const order = owners.get(order_id)
          return fillsOf(order, own, units).map(fill => ({
            ...fill,
            account_id,
            broker_order_id: order_id,
            client_order_id: order ? clientIdOf(order) : null,
            instrument_id,
            symbol,
            action: first.transaction_type,
          }))
        }),
      )
      return told
        .flat()
        .filter(execution => execution.time >= since || isNews(execution, toldPending))
        .map(execution => remember(execution, toldPending))
        .sort((a, b) => a.time.getTime() - b.time.getTime())
    },
  }
}

/** A commission that was pending when it was last told, and is known now. */
const isNews = ({ execution_id, commission_pending }: BrokerExecution, pending: ReadonlySet<string>): boolean =>
  !commission_pending && pending.has(execution_id)

function remember(execution: BrokerExecution, pending: Set<string>): BrokerExecution {
  if (execution.commission_pending) pending.add(execution.execution_id)
  else pending.delete(execution.execution_id)
  return execution
}

const chargeKey = ({ order_id, filled_quantity }: KiteOrder): string => `${order_id}:${filled_quantity.toFixed()}`

const noteOf = (order: KiteOrder): object => ({
  order_id: order.order_id,
  exchange: order.exchange,
  tradingsymbol: order.tradingsymbol,
  transaction_type: order.transaction_type,
  variety: order.variety,
  product: order.product,
  order_type: order.order_type,
  quantity: order.filled_quantity.toNumber(),
  average_price: order.average_price.toNumber(),
})

/** Amounts that add up to the total, by the weight of each; what rounding leaves goes to the last. */
function split(total: Decimal, weights: readonly Decimal[]): Decimal[] {
  const whole = sum(weights)
  const shares = weights.slice(0, -1).map(weight => (whole.isZero() ? ZERO : total.times(weight).div(whole).toDecimalPlaces(CHARGES_TO)))
  return [...shares, total.minus(sum(shares))]
}

/** The first order of each tag. */
function byTag(orders: readonly KiteOrder[]): Map<string, KiteOrder> {
  const first = new Map<string, KiteOrder>()
  for (const order of orders) {
    const id = clientIdOf(order)
    if (id !== null && !first.has(id)) first.set(id, order)
  }
  return first
}

/** No two of ours have one tag: others use one for many orders, and those after the first are told by Kite's id alone. */
function foreignWithoutTag(orders: readonly KiteOrder[]): KiteOrder[] {
  const first = byTag(orders)
  return orders.map(order => {
    const id = clientIdOf(order)
    return id === null || first.get(id) === order ? order : { ...order, tag: null, tags: [] }
  })
}
