import type { Db, Document } from 'mongodb'

/** When a signal reached what, in ms since 1970; null where it did not. */
export interface Trail {
  signal_id: string
  status: string
  decision: string | null
  reason_code: string | null
  account_id: string | null
  accepted: number
  /** Cerebro took it up. */
  decided: number | null
  /** The executor took its (first) order up, and stored the intent. */
  ordered: number | null
  atBroker: number | null
  filled: number | null
  /** Its last fill was booked. */
  booked: number | null
  /** Orders that the decision makes, order documents, and orders at the broker. */
  orders: { planned: number; stored: number; atBroker: number }
  decisions: number
}

const timeOf = (date: unknown): number | null => (date instanceof Date ? date.getTime() : null)

const read = (db: Db, name: string, field: string, { since, fields }: { since: Date; fields: string[] }) =>
  db
    .collection(name)
    .find({ [field]: { $gte: since } })
    .project(Object.fromEntries([['_id', 0], ...fields.map(each => [each, 1])]))
    .toArray()

/** What became of every signal that was received since a moment. Only this bench sends any. */
export async function trailsSince(db: Db, since: Date): Promise<Trail[]> {
  const [signals, decisions, orders, paper, fills] = await Promise.all([
    read(db, 'trading_signals', 'received_at', { since, fields: ['signal_id', 'status', 'received_at'] }),
    read(db, 'cerebro_decisions', 'timestamp', {
      since,
      fields: ['signal_id', 'timestamp', 'decision', 'reason_code', 'account_id', 'orders.command'],
    }),
    read(db, 'trading_orders', 'created_at', { since, fields: ['signal_id', 'client_order_id', 'created_at', 'states'] }),
    read(db, 'paper_orders', 'accepted_at', { since, fields: ['client_order_id', 'accepted_at'] }),
    read(db, 'fills', 'time', { since, fields: ['signal_id', 'booked_at'] }),
  ])
  const decisionsOf = Map.groupBy(decisions, ({ signal_id }) => signal_id)
  const ordersOf = Map.groupBy(orders, ({ signal_id }) => signal_id)
  const fillsOf = Map.groupBy(fills, ({ signal_id }) => signal_id)
  const paperOf = Map.groupBy(paper, ({ client_order_id }) => client_order_id)
  return signals.map(signal => {
    const own = ordersOf.get(signal.signal_id) ?? []
    const atBroker = own.flatMap(({ client_order_id }) => paperOf.get(client_order_id) ?? [])
    return trailOf(signal, {
      decisions: decisionsOf.get(signal.signal_id) ?? [],
      orders: own,
      paper: atBroker,
      fills: fillsOf.get(signal.signal_id) ?? [],
    })
  })
}

interface Parts {
  decisions: Document[]
  orders: Document[]
  paper: Document[]
  fills: Document[]
}

function trailOf(signal: Document, { decisions, orders, paper, fills }: Parts): Trail {
  const [decision] = decisions
  const [order] = orders
  const filled = order?.states.findLast(({ status }: Document) => status === 'FILLED')
  const booked = fills.map(({ booked_at }) => timeOf(booked_at))
  return {
    signal_id: signal.signal_id,
    status: signal.status,
    decision: decision?.decision ?? null,
    reason_code: decision?.reason_code ?? null,
    account_id: decision?.account_id ?? null,
    accepted: timeOf(signal.received_at) ?? 0,
    decided: timeOf(decision?.timestamp),
    ordered: timeOf(order?.created_at),
    atBroker: timeOf(paper[0]?.accepted_at),
    filled: timeOf(filled?.at),
    booked: booked.length > 0 && !booked.includes(null) ? Math.max(...booked.map(Number)) : null,
    orders: {
      planned: (decision?.orders ?? []).filter(({ command }: Document) => command === 'PLACE').length,
      stored: orders.length,
      atBroker: paper.length,
    },
    decisions: decisions.length,
  }
}
