import type { Db, Document } from 'mongodb'
import { Decimal } from '../../shared/domain/money/decimal.ts'

// An independent look at what a run left behind: it reads only the documents and the broker's own book, and computes everything anew.

const number = (value: unknown) => new Decimal(String(value ?? 0))

const ended = new Set(['FILLED', 'CANCELED', 'REJECTED', 'EXPIRED', 'DENIED'])

class Totals extends Map<string, Decimal> {
  plus(key: string, amount: Decimal): void {
    this.set(key, (this.get(key) ?? number(0)).plus(amount))
  }
  different(other: Totals): string[] {
    return [...new Set([...this.keys(), ...other.keys()])]
      .filter(key => !(this.get(key) ?? number(0)).eq(other.get(key) ?? 0))
      .map(key => `${key}: ${this.get(key) ?? 0} here, ${other.get(key) ?? 0} at the broker`)
  }
}

/** Ids of an execution before a correction gave it another. */
const original = (execution_id: string) => execution_id.replace(/\.0\d$/, '')
const signed = ({ action, quantity }: Document) => (action === 'BUY' ? number(quantity) : number(quantity).neg())

interface Books {
  signals: Document[]
  decisions: Document[]
  orders: Document[]
  fills: Document[]
  positions: Document[]
  ledgers: Document[]
  dead: Document[]
  accounts: Document[]
  paperOrders: Document[]
  paperFills: Document[]
  instruments: Document[]
}

async function readBooks(db: Db): Promise<Books> {
  const all = (name: string) => db.collection(name).find({}).toArray()
  const [signals, decisions, orders, fills, positions, ledgers, dead, accounts, paperOrders, paperFills, instruments] = await Promise.all(
    [
      'trading_signals',
      'cerebro_decisions',
      'trading_orders',
      'fills',
      'positions',
      'margin_ledger',
      'dead_letters',
      'paper_accounts',
      'paper_orders',
      'paper_fills',
      'instruments',
    ].map(all),
  )
  return { signals, decisions, orders, fills, positions, ledgers, dead, accounts, paperOrders, paperFills, instruments } as Books
}

const isForeign = ({ client_order_id }: Document) => String(client_order_id).startsWith('foreign-')

interface Expected {
  /** Ids of the signals that were accepted. */
  accepted: ReadonlySet<string>
  /** Marks that poisoned messages carry. */
  poison: string
}

/** Every violation, one sentence each; empty where all holds. */
export async function violationsOf(db: Db, { accepted, poison }: Expected): Promise<string[]> {
  const books = await readBooks(db)
  return [
    ...decidedOnce(books, accepted),
    ...books.dead
      .filter(({ data }) => !String(data).includes(poison))
      .map(({ step, code, reason }) => `dead letter of ${step}: ${code} ${reason}`),
    ...approvedAreCarriedOut(books),
    ...placedOnce(books),
    ...sameFills(books),
    ...sameHoldings(books),
    ...marginKept(books),
    ...nothingLeft(books),
  ]
}

function decidedOnce({ signals, decisions }: Books, accepted: ReadonlySet<string>): string[] {
  const ours = Map.groupBy(signals, ({ signal_id }) => String(signal_id))
  const decided = Map.groupBy(decisions, ({ signal_id }) => String(signal_id))
  return [...accepted].flatMap(id => {
    const [signal] = ours.get(id) ?? []
    if (!signal) return [`${id} was accepted and is not stored`]
    if (decided.get(id)?.length !== 1) return [`${id} was decided ${decided.get(id)?.length ?? 0} times`]
    return ended.has(String(signal.status)) ? [] : [`${id} is ${signal.status}`]
  })
}

/** Every order of an approved decision came to execution, and from there to the broker, unless it was refused on the way. */
function approvedAreCarriedOut({ decisions, orders, paperOrders }: Books): string[] {
  const ours = new Map(orders.map(order => [String(order.order_id), order]))
  const atBroker = new Set(paperOrders.map(({ account_id, client_order_id }) => `${account_id} ${client_order_id}`))
  const approved = decisions.filter(({ decision }) => decision === 'APPROVED').flatMap(({ orders: made }) => made as Document[])
  return approved
    .filter(({ command }) => command === 'PLACE')
    .flatMap(({ order_id, account_id, client_order_id }) => {
      const order = ours.get(String(order_id))
      if (!order) return [`${order_id} was approved and never came to execution`]
      const refused = number(order.filled_qty).isZero() && order.status !== 'FILLED' && ended.has(String(order.status))
      return refused || atBroker.has(`${account_id} ${client_order_id}`)
        ? []
        : [`${order_id} is ${order.status} and never came to the broker`]
    })
}

function placedOnce({ orders, paperOrders }: Books): string[] {
  const ours = new Map(orders.map(order => [`${order.account_id} ${order.client_order_id}`, order]))
  const faults: string[] = []
  const seen = new Set<string>()
  for (const placed of paperOrders.filter(each => !isForeign(each))) {
    const key = `${placed.account_id} ${placed.client_order_id}`
    const order = ours.get(key)
    if (seen.has(key)) faults.push(`${key} was placed twice`)
    seen.add(key)
    if (!order) faults.push(`${key} is at the broker and not among our orders`)
    else if (!number(order.quantity).eq(number(placed.quantity)) || order.action !== placed.action)
      faults.push(`${key} is not what was ordered`)
  }
  const byId = new Map(orders.map(order => [String(order.order_id), order]))
  for (const order of orders.filter(({ superseded_by }) => superseded_by)) {
    let closed = number(order.filled_qty)
    for (let rung = byId.get(order.superseded_by); rung; rung = byId.get(rung.superseded_by)) closed = closed.plus(number(rung.filled_qty))
    if (closed.gt(number(order.quantity))) faults.push(`${order.order_id} and its later rungs closed ${closed} of ${order.quantity}`)
  }
  return faults
}

/** Each execution of the broker is counted once here, with its price, quantity and commission to the last digit. */
function sameFills({ fills, paperFills }: Books): string[] {
  const shown = (fill: Document) =>
    [
      fill.account_id,
      original(String(fill.execution_id)),
      fill.action,
      number(fill.quantity),
      number(fill.price),
      number(fill.commission),
    ].join(' ')
  const ours = fills
    .filter(({ superseded_by, execution_id }) => superseded_by === undefined && !String(execution_id).startsWith('EXT_'))
    .map(shown)
  const theirs = new Set(paperFills.map(shown))
  const here = new Set(ours)
  return [
    ...(ours.length === here.size ? [] : ['an execution is counted twice']),
    ...ours.filter(each => !theirs.has(each)).map(each => `counted here and not at the broker: ${each}`),
    ...[...theirs].filter(each => !here.has(each)).map(each => `at the broker and not counted here: ${each}`),
    ...fills.filter(({ booked }) => !booked).map(({ execution_id }) => `${execution_id} is not booked`),
  ]
}

function sameHoldings({ positions, accounts, fills, instruments }: Books): string[] {
  const [ourQuantities, theirQuantities] = [new Totals(), new Totals()]
  for (const { account_id, instrument_id, quantity } of positions) ourQuantities.plus(`${account_id} ${instrument_id}`, number(quantity))
  for (const { account_id, positions: held } of accounts) {
    for (const { instrument_id, quantity } of held) theirQuantities.plus(`${account_id} ${instrument_id}`, number(quantity))
  }
  return [...ourQuantities.different(theirQuantities), ...sameCash({ accounts, fills, instruments })]
}

/** Cash from our own fills: full value for what is settled in full; for what is margined, value less what the open position cost. */
function sameCash({ accounts, fills, instruments }: Pick<Books, 'accounts' | 'fills' | 'instruments'>): string[] {
  const known = new Map(instruments.map(each => [String(each.instrument_id), each]))
  const [ours, theirs] = [new Totals(), new Totals()]
  for (const { account_id, currency, start_cash } of accounts) ours.plus(`${account_id} ${currency}`, number(start_cash))
  for (const fill of fills.filter(({ superseded_by }) => superseded_by === undefined)) {
    const { account_id, currency, multiplier, price, commission, commission_currency } = fill
    ours.plus(`${account_id} ${currency}`, signed(fill).times(number(price)).times(number(multiplier)).neg())
    ours.plus(`${account_id} ${commission_currency}`, number(commission).neg())
  }
  for (const { account_id, cash, positions } of accounts) {
    for (const [currency, amount] of Object.entries(cash)) theirs.plus(`${account_id} ${currency}`, number(amount))
    for (const { instrument_id, cost } of positions) {
      const { asset_class, currency } = known.get(String(instrument_id)) ?? {}
      if (['FUTURE', 'FOREX'].includes(String(asset_class))) theirs.plus(`${account_id} ${currency}`, number(cost).neg())
    }
  }
  return ours.different(theirs).map(each => `cash of ${each}`)
}

export const LIMIT = new Decimal('0.4')

function marginKept({ ledgers, decisions }: Books): string[] {
  const past = decisions.flatMap(({ signal_id, reservations = [] }) =>
    (reservations as Document[])
      .filter(
        ({ amount, equity, amount_fund, equity_fund }) =>
          number(amount).gt(number(equity).times(LIMIT)) || number(amount_fund).gt(number(equity_fund).times(LIMIT)),
      )
      .map(({ amount, equity }) => `${signal_id} was granted ${amount} on an equity of ${equity}`),
  )
  const overdrawn = decisions.flatMap(({ signal_id, calculation }) =>
    (calculation as Document[])
      .filter(({ step, result }) => step === 'reservation' && result === 'granted')
      .filter(({ figures }) => number(figures.free_after).lt(0) || number(figures.free_fund_after).lt(0))
      .map(({ figures }) => `${signal_id} was granted ${figures.amount}, which left ${figures.free_after} free`),
  )
  const leaked = ledgers.flatMap(({ trading_mode, reservations }) =>
    (reservations as Document[]).map(({ order_id, state }) => `${trading_mode}: ${order_id} still holds margin (${state})`),
  )
  return [...past, ...overdrawn, ...leaked]
}

function nothingLeft({ orders, positions }: Books): string[] {
  const byId = new Map(orders.map(order => [String(order.order_id), order]))
  return [
    ...orders.filter(({ status }) => !ended.has(String(status))).map(({ order_id, status }) => `${order_id} is ${status}`),
    ...orders
      .filter(({ unfinished_exit }) => unfinished_exit)
      .filter(({ order_id }) => !byId.get(String(order_id).replace(/_R\d+$/, ''))?.paged_at)
      .map(({ order_id, reason }) => `${order_id} is left open and nobody was told (${reason})`),
    ...positions.flatMap(({ account_id, instrument_id, pending_fills, closing }) => [
      ...(pending_fills as Document[]).map(({ execution_id }) => `${account_id} ${instrument_id}: ${execution_id} is half booked`),
      ...(closing as Document[]).map(({ order_id }) => `${account_id} ${instrument_id}: still claimed by ${order_id}`),
    ]),
  ]
}
