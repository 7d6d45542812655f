import { MongoError } from 'mongodb'
import { ZodError } from 'zod'
import { averagePrice } from '../../domain/account/book-fill.ts'
import { sentence } from '../../domain/errors.ts'
import type { Store } from '../../store/collection.ts'
import { ratesInto } from '../../store/fx-rates.ts'
import { instrumentsById, quotesOf } from '../../store/instruments.ts'
import { livePaperOrders, type PaperAccount, type PaperOrder, paperExecutions } from '../../store/paper-book.ts'
import { type Balance, type Broker, BrokerConnectionError, BrokerError, type BrokerPosition, type OrderResult } from '../broker.ts'
import { accountEvents } from './account-events.ts'
import { cancelOrder, modifyOrder } from './change-order.ts'
import { defaultFillModel, type FillModel } from './fill-model.ts'
import { type Book, settledAccount } from './finish-order.ts'
import { closesOf, currentQuote, sessionsHere } from './market-quote.ts'
import { capabilities } from './order-terms.ts'
import { placeOrder, type Venue, whatIf } from './place-order.ts'
import { reported, reportedAs } from './reported.ts'
import { streamOrders } from './stream.ts'
import { transferCash } from './transfer-cash.ts'
import { turns } from './turns.ts'
import { currenciesOf, type Market, markPosition, valueAccount } from './value-account.ts'
import { currentOrder, freshQuotes, workNow } from './work-now.ts'

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
 * Waiting orders are worked by whatever asks for the account or for the order: a LIMIT takes what is shown within its limit (while it rests,
 * at its limit), a stop is reached by the last price, an auction is the first look after it, a DAY order ends with its session.
 * Money: EQUITY, OPTION and CRYPTO move cash by their whole value, FUTURE and FOREX by realized P&L; all in the instrument's currency.
 * Margin is judged when an order is accepted, on what this process then sees; orders that only close are never refused for it.
 * Once only: an order's fills are decided and stored with it, and any call that meets an unfinished order finishes it first.
 */
export function paperBroker({ store, marketUrl, now, crashPoint, model = defaultFillModel }: PaperDeps): Broker {
  const venue: Venue = { store, marketUrl, now, crashPoint, model, inTurn: turns() }
  const view = viewer(venue)
  return {
    capabilities,
    connect: async () => undefined,
    disconnect: async () => undefined,
    status: () =>
      store.db.command({ ping: 1 }).then(
        () => 'CONNECTED',
        () => 'DISCONNECTED',
      ),
    placeOrder: request => attempted(attempt => placeOrder(venue, request, attempt)),
    modifyOrder: request => attempted(attempt => modifyOrder(venue, request, attempt)),
    cancelOrder: id => attempted(attempt => cancelOrder(venue, id, attempt)),
    getOrder: id => guarded(async () => reportedAs(await currentOrder(venue, id), id.client_order_id)),
    openOrders: account_id =>
      guarded(async () => {
        const { working } = await view(account_id)
        return (await working()).map(reported)
      }),
    executions: (account_id, since) =>
      guarded(async () => {
        await view(account_id)
        return paperExecutions(store, account_id, since)
      }),
    balance: account_id => guarded(async () => balanceOf(await view(account_id), store)),
    positions: account_id => guarded(async () => positionsOf(await view(account_id))),
    margin: account_id =>
      guarded(async () => {
        const { margin_used, margin_available } = await balanceOf(await view(account_id), store)
        return { account_id, initial: margin_used, maintenance: margin_used, available: margin_available }
      }),
    whatIf: request => guarded(() => whatIf(venue, request)),
    calendar: (instrument, from, to) => guarded(() => sessionsHere(venue, instrument, { from, to })),
    accountEvents: (account_id, since) => guarded(() => accountEvents(venue, account_id, since)),
    stream: async (accounts, onReport) => streamOrders(venue, accounts, onReport),
    transferCash: request => guarded(() => transferCash(venue, request)),
    dailyCloses: ({ instrument_id }, days) => closesOf(venue, instrument_id, days),
    quote: instrument => guarded(() => currentQuote(venue, instrument.instrument_id)),
  }
}

/** A request whose fate is unknown once something of it may have been written. */
async function attempted(work: (attempt: () => void) => Promise<OrderResult>): Promise<OrderResult> {
  let begun = false
  try {
    return await work(() => {
      begun = true
    })
  } catch (error) {
    if (begun && error instanceof MongoError) return { kind: 'unknown', reason: lost(error) }
    throw asBrokerFault(error)
  }
}

interface AccountView extends Pick<Market, 'instruments' | 'prices'> {
  account: PaperAccount
  /** Orders that wait for the market. */
  working(): Promise<PaperOrder[]>
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
  const quotes = freshQuotes(venue)
  const account = await settledAccount(venue, account_id, order => workNow(venue, order, quotes))
  if (!account) throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
  return { account, working: () => livePaperOrders(venue.store, account_id), ...(await marketOf(account, venue.store)) }
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
