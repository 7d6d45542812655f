import type { Balance, BrokerOrder, BrokerPosition } from '../../shared/brokers/broker.ts'
import { DomainError } from '../../shared/domain/errors.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { AccountHierarchy, PlacedAccount } from '../../shared/store/account-hierarchy.ts'
import { accountStates, setCurrentState } from '../../shared/store/accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { quotesOf } from '../../shared/store/instruments.ts'
import { type OutboxMessage, toOutbox } from '../../shared/store/outbox.ts'
import { markPositions, openPositionsIn, type Position } from '../../shared/store/positions.ts'
import { settings } from '../../shared/store/settings.ts'
import { ordersByClientId } from '../../shared/store/trading-orders.ts'
import { bookEvents } from './account-events.ts'
import { updateLedger } from './ledger.ts'
import { shownPositions } from './open-positions.ts'
import { reduceOverLimit } from './reduce-account.ts'
import { recordPnls } from './strategy-pnl.ts'
import type { Sync } from './sync.ts'

/**
 * Broker → account state → margin ledger → marks; returns what must be told. The state's time is from before the broker was asked, so that
 * it claims no fill that it may have missed.
 */
export async function syncAccount(
  { store, brokers, time_zone, flush }: Sync,
  fund: AccountHierarchy,
  { account, broker: plan }: PlacedAccount,
): Promise<OutboxMessage[]> {
  const broker = await brokers(plan.broker_id)
  await bookEvents(store, broker, { account, broker: plan })
  const read_at = now()
  const [balance, positions, orders, ours] = await Promise.all([
    broker.balance(account.account_id),
    broker.positions(account.account_id),
    broker.openOrders(account.account_id),
    openPositionsIn(store, account.account_id),
  ])
  const working = orders.flatMap(order => [order, ...order.legs]).filter(({ status }) => isWorking.has(status))
  const names = await orderNames(store, account.account_id, working)
  const state = accountState({ placed: { account, broker: plan }, read_at, balance, positions, orders: working, ours, names })
  const outbox = [syncMessage(state)]
  const snapshot = { ...state, outbox }
  await accountStates.in(store).insertOne({ ...snapshot })
  crashPoint('sync-accounts:state-stored')
  const newest = await setCurrentState(store, state)
  if (newest) {
    await Promise.all([ledgerOrRefusal(store, fund, { account, state }), markHeld(store, fund, { held: ours, positions })])
    await recordPnls(store, { account, read_at, time_zone })
    if (await reduceOverLimit(store, state)) await flush({ holder: settings, ordering_key: '' })
  }
  return outbox
}

/** A bracket is listed with what closes it, though its entry may have filled. */
const isWorking: ReadonlySet<BrokerOrder['status']> = new Set(['SUBMITTED', 'PARTIALLY_FILLED', 'CANCEL_PENDING'])

/** What we call the orders that a broker knows by client ids of its own form. */
async function orderNames(store: Store, account_id: string, orders: readonly BrokerOrder[]): Promise<Map<string, string>> {
  const ids = orders.flatMap(({ client_order_id }) => client_order_id ?? [])
  const ours = await ordersByClientId(store, account_id, ids)
  return new Map(ours.map(({ client_order_id, order_id }) => [client_order_id, order_id]))
}

/** Without a rate for one of the fund's accounts nothing is guessed: the ledger stays as it was, and the refused totals tell why. */
const ledgerOrRefusal = async (...given: Parameters<typeof updateLedger>): Promise<void> => {
  try {
    await updateLedger(...given)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'FX_UNAVAILABLE') throw error
  }
}

/** Marks what our strategies hold (ACC-6): at the quote, or where there is none, at the broker's price. */
async function markHeld(
  store: Store,
  { base_currency }: AccountHierarchy,
  { held, positions }: { held: Position[]; positions: BrokerPosition[] },
): Promise<void> {
  if (held.length === 0) return
  const ids = held.map(({ instrument_id }) => instrument_id)
  const currencies = held.map(({ instrument }) => instrument.currency)
  const [quotes, rates] = await Promise.all([quotesOf(store, ids), ratesInto(store, base_currency, currencies)])
  const prices = new Map(positions.map(({ instrument_id, current_price }) => [instrument_id, current_price]))
  for (const [instrument_id, { last }] of quotes) prices.set(instrument_id, last)
  await markPositions(store, held, { prices, rates })
}

interface Reading {
  placed: PlacedAccount
  read_at: Date
  balance: Balance
  positions: BrokerPosition[]
  orders: BrokerOrder[]
  /** What our strategies hold there. */
  ours: Position[]
  /** Our order ids by client ids. */
  names: ReadonlyMap<string, string>
}

const accountState = ({ placed: { account, broker }, read_at, balance, positions, orders, ours, names }: Reading): AccountState => ({
  account_id: account.account_id,
  broker_id: broker.broker_id,
  timestamp: read_at,
  currency: account.currency,
  equity: balance.equity,
  cash_balance: balance.cash,
  margin_used: balance.margin_used,
  margin_available: balance.margin_available,
  unrealized_pnl: balance.unrealized_pnl,
  realized_pnl: balance.realized_pnl,
  open_positions: positions.flatMap(position => shownPositions(position, ours)),
  open_orders: orders.map(({ client_order_id, broker_order_id, symbol, action, quantity, order_type, limit_price, status }) => {
    const order_id = names.get(client_order_id ?? '') ?? client_order_id ?? broker_order_id
    return { order_id, symbol, side: action, quantity, order_type, limit_price, status }
  }),
})

const syncMessage = ({ account_id, broker_id, timestamp }: AccountState) =>
  toOutbox({
    topic: 'account-updates',
    ordering_key: account_id,
    attributes: { cause: 'SYNC' },
    data: { account_id, broker_id, timestamp, cause: 'SYNC' },
    at: timestamp,
  })
