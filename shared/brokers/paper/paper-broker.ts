import { MongoError } from 'mongodb'
import { ZodError } from 'zod'
import { averagePrice } from '../../domain/account/book-fill.ts'
import { sentence } from '../../domain/errors.ts'
import { sessionsBetween } from '../../domain/time/market-hours.ts'
import type { Store } from '../../store/collection.ts'
import { ratesInto } from '../../store/fx-rates.ts'
import { instrumentsById, quotesOf } from '../../store/instruments.ts'
import { type PaperAccount, paperExecutions, paperOrderOf } from '../../store/paper-book.ts'
import { type Balance, type Broker, BrokerConnectionError, BrokerError, type BrokerPosition } from '../broker.ts'
import { defaultFillModel, type FillModel } from './fill-model.ts'
import { type Book, finishOrder, settledAccount } from './finish-order.ts'
import { capabilities } from './judge-order.ts'
import { currentQuote } from './market-quote.ts'
import { placeOrder, type Venue } from './place-order.ts'
import { reported } from './reported.ts'
import { turns } from './turns.ts'
import { currenciesOf, type Market, markPosition, valueAccount } from './value-account.ts'

export interface PaperDeps {
  store: Store
  /** Base address of the market's HTTP port; without it only stored quotes count. */
  marketUrl?: string | undefined
  now: () => Date
  crashPoint: Book['crashPoint']
  model?: FillModel
}

/**
 * A broker whose venue is a model and whose book lies in the `paper_*` collections.
 *
 * Fills: a MARKET order fills at once against a quote at most 2 s old, BUY at the ask and SELL at the bid, plus slippage (half a basis point
 * of the price), rounded to a tick against the trader. What exceeds the displayed size fills at successive prices, each a tick worse, in at
 * most five executions. Fees are the larger of a minimum an order and basis points of its value, by asset class.
 * Money: EQUITY, OPTION and CRYPTO move cash by their whole value, FUTURE and FOREX by realized P&L; all in the instrument's currency.
 * Margin is judged when an order is accepted, on what this process then sees; orders that only close are never refused for it.
 * Once only: an order's fills are decided and stored with it, and any call that meets an unfinished order finishes it first.
 */
export function paperBroker({ store, marketUrl, now, crashPoint, model = defaultFillModel }: PaperDeps): Broker {
  const venue: Venue = { store, marketUrl, now, crashPoint, model, inTurn: turns() }
  const view = viewer(venue)
  const orderOf = async (id: { account_id: string; client_order_id: string }) => {
    const order = await paperOrderOf(store, id)
    return order && finishOrder(venue, order)
  }
  return {
    capabilities,
    connect: async () => undefined,
    disconnect: async () => undefined,
    status: () =>
      store.db.command({ ping: 1 }).then(
        () => 'CONNECTED',
        () => 'DISCONNECTED',
      ),
    placeOrder: async request => {
      let attempted = false
      try {
        return await placeOrder(venue, request, () => {
          attempted = true
        })
      } catch (error) {
        if (attempted && error instanceof MongoError) return { kind: 'unknown', reason: lost(error) }
        throw asBrokerFault(error)
      }
    },
    cancelOrder: id =>
      guarded(async () => {
        const order = await orderOf(id)
        if (!order) return { kind: 'rejected', reason: sentence('NOT_FOUND', { client_order_id: id.client_order_id }) }
        return { kind: 'rejected', reason: sentence(`ALREADY_${order.status}`, { client_order_id: id.client_order_id }) }
      }),
    modifyOrder: ({ client_order_id }) => Promise.resolve({ kind: 'rejected', reason: sentence('NOT_WORKING', { client_order_id }) }),
    getOrder: id =>
      guarded(async () => {
        const order = await orderOf(id)
        return order && reported(order)
      }),
    // Every order here ends when it is accepted, so that none stays open.
    openOrders: account_id => guarded(() => view(account_id).then(() => [])),
    balance: account_id => guarded(async () => balanceOf(await view(account_id), store)),
    positions: account_id => guarded(async () => positionsOf(await view(account_id))),
    executions: (account_id, since) =>
      guarded(async () => {
        await view(account_id)
        return paperExecutions(store, account_id, since)
      }),
    margin: account_id =>
      guarded(async () => {
        const { margin_used, margin_available } = await balanceOf(await view(account_id), store)
        return { account_id, initial: margin_used, maintenance: margin_used, available: margin_available }
      }),
    calendar: async ({ calendar }, from, to) => sessionsBetween(calendar, from, to),
    accountEvents: async () => [],
    quote: instrument => guarded(() => currentQuote(venue, instrument.instrument_id)),
  }
}

interface AccountView extends Pick<Market, 'instruments' | 'prices'> {
  account: PaperAccount
}

/** Reads an account and its market once for all questions of one moment, which also makes their answers agree. */
function viewer(venue: Venue): (account_id: string) => Promise<AccountView> {
  const asked = new Map<string, Promise<AccountView>>()
  return account_id => {
    const known = asked.get(account_id)
    if (known) return known
    const view = viewAccount(venue, account_id)
    asked.set(account_id, view)
    // Whoever asks later asks about a later moment.
    queueMicrotask(() => asked.delete(account_id))
    return view
  }
}

async function viewAccount(venue: Venue, account_id: string): Promise<AccountView> {
  const account = await settledAccount(venue, account_id)
  if (!account) throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
  return { account, ...(await marketOf(account, venue.store)) }
}

async function balanceOf({ account, ...market }: AccountView, store: Store): Promise<Balance> {
  const rates = await ratesInto(store, account.currency, currenciesOf(account, market.instruments.values()))
  const { equity, cash, margin_used, unrealized_pnl, realized_pnl } = valueAccount(account, account, { ...market, rates })
  const margin_available = equity.minus(margin_used)
  return { account_id: account.account_id, equity, cash, margin_used, margin_available, unrealized_pnl, realized_pnl }
}

function positionsOf({ account, ...market }: AccountView): BrokerPosition[] {
  return account.positions.map(each => {
    const { position, instrument, price, unrealized_pnl } = markPosition(each, market)
    return {
      account_id: account.account_id,
      instrument_id: position.instrument_id,
      symbol: position.symbol,
      side: position.quantity.isNegative() ? 'SHORT' : 'LONG',
      quantity: position.quantity,
      avg_price: averagePrice(position, instrument.multiplier),
      current_price: price,
      unrealized_pnl,
    }
  })
}

/** Instruments and latest stored prices of what an account holds. */
async function marketOf({ positions }: PaperAccount, store: Store): Promise<Pick<Market, 'instruments' | 'prices'>> {
  const held = positions.map(({ instrument_id }) => instrument_id)
  const [instruments, quotes] = await Promise.all([instrumentsById(store, held), quotesOf(store, held)])
  return { instruments, prices: new Map([...quotes].map(([instrument_id, { last }]) => [instrument_id, last])) }
}

const lost = ({ message }: Error) => sentence('BOOK_UNREACHABLE', { message })

const asBrokerFault = (error: unknown): unknown => {
  if (error instanceof MongoError) return new BrokerConnectionError(lost(error), { cause: error })
  if (error instanceof ZodError) return new BrokerError(sentence('BOOK_UNREADABLE', { message: error.message }), { cause: error })
  return error
}

const guarded = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: unknown) => {
    throw asBrokerFault(error)
  })
