import { type Broker, BrokerConnectionError, type BrokerExecution, type BrokerOrder } from '../../shared/brokers/broker.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { type BrokerAccount, brokerAccountOf, setBrokerAccount } from '../../shared/store/broker-accounts.ts'
import { recordBrokerStatus } from '../../shared/store/broker-status.ts'
import { type StoredOrder, tradingOrders } from '../../shared/store/trading-orders.ts'
import { workEmulated } from './emulate.ts'
import { cancelAwaited, cancelStale } from './expiry.ts'
import { EXTERNAL } from './external.ts'
import { fitBrackets } from './fit-brackets.ts'
import { isOld, learnAll } from './learn-all.ts'
import { reconcilePositions } from './positions.ts'
import { keyOf, learn, learnOf } from './record.ts'
import { resolveOrder } from './resolve-order.ts'
import type { Look } from './supervision.ts'
import { askAgain } from './unanswered.ts'

/** Corrections and commissions of executions as old as this are still looked for at every look. */
const OVERLAP_MS = 60_000
/** From time to time, and after a connection was lost, as far back as this: clocks may have been wrong meanwhile. */
const DEEP_OVERLAP_MS = 20 * 60_000
const DEEP_EVERY_MS = 30_000
const ANSWER_WITHIN_MS = 8_000

/** What is known of an account that nobody looked at yet. */
const newcomer = ({ account, broker }: Look): BrokerAccount => ({
  account_id: account.account_id,
  broker_id: broker.broker_id,
  status: 'DISCONNECTED',
  reconciled: false,
  reconciled_at: null,
  executions_since: null,
  adopted: false,
  suspects: [],
  updated_at: now(),
})

/** How often what an account holds is compared with our books, and how soon again where they differ. */
const COMPARE_EVERY_MS = 15_000

/**
 * One look at an account: working orders and new executions in one question each, then positions. In this order at a start, after a
 * connection was lost, and always (rule 7); whether all was well. A broker that does not answer shuts entries of its account and nothing else (rules 18, 22).
 */
export async function lookAt(look: Look, open: readonly StoredOrder[]): Promise<boolean> {
  const { store, account, broker: plan, log } = look
  const stored = await brokerAccountOf(store, account.account_id)
  const known = stored ?? newcomer(look)
  try {
    const compared = await lookTwice(look, known, open)
    if (changed(known, compared)) await setBrokerAccount(store, { ...compared, updated_at: now() })
    return compared.suspects.length === 0
  } catch (error) {
    log.warning('account not looked at', { account_id: account.account_id, error: errorText(error) })
    const said = await statusOf(look)
    const reason = said === 'CONNECTED' ? null : errorText(error)
    await recordBrokerStatus(store, { broker_id: plan.broker_id, status: said, reason, as_of: now() })
    // A broker that is there and does not tell of this account is away for this account, and not for its others.
    const status = said === 'CONNECTED' ? 'DISCONNECTED' : said
    if (!stored || known.reconciled || known.status !== status)
      await setBrokerAccount(store, { ...known, status, reconciled: false, updated_at: now() })
    return false
  }
}

/** One question that broke off is no lost connection: while the broker says that it is there, everything is asked once more. */
async function lookTwice(look: Look, known: BrokerAccount, open: readonly StoredOrder[]): Promise<BrokerAccount> {
  try {
    return await lookOnce(look, known, open)
  } catch (error) {
    if (!(error instanceof BrokerConnectionError) || !known.reconciled) throw error
    const broker = await look.brokers(look.broker.broker_id)
    if ((await withDeadline(broker.status())) !== 'CONNECTED') throw error
    return lookOnce(look, known, open)
  }
}

async function lookOnce(look: Look, known: BrokerAccount, open: readonly StoredOrder[]): Promise<BrokerAccount> {
  const { store, account, broker: plan } = look
  const broker = await look.brokers(plan.broker_id)
  const asked_at = now()
  const memory = look.memory
  const deep = !known.reconciled || memory.deepDue(account.account_id, DEEP_EVERY_MS)
  const newest = Math.min((known.executions_since ?? asked_at).getTime(), asked_at.getTime())
  const since = new Date(newest - (deep ? DEEP_OVERLAP_MS : OVERLAP_MS))
  const [orders, executions] = await withDeadline(
    Promise.all([
      broker.openOrders(account.account_id),
      broker.capabilities.executions ? broker.executions(account.account_id, since) : [],
    ]),
  )
  const unseen = executions.filter(execution => !memory.isSettled(execution))
  const waiting = await learnAll(look, { orders, executions: unseen })
  await workEmulated({ look, broker, listed: listedBy(orders) }, open)
  if (deep) await cancelAwaited(look, broker, open)
  if (deep) memory.lookedDeep(account.account_id)
  await askForMissing(look, { broker, open, orders })
  if (deep) await endForeign(look, { broker, open, orders })
  await cancelStale(look, broker, open)
  await fitBrackets(look, broker, open)
  await askAgain(look, { broker, open, listed: orders })
  const next: BrokerAccount = { ...known, status: 'CONNECTED', executions_since: watermark(known, executions) }
  const due =
    !known.reconciled ||
    (look.shown !== undefined && look.shown !== 'CONNECTED') ||
    known.suspects.length > 0 ||
    asked_at.getTime() - (known.reconciled_at?.getTime() ?? 0) > COMPARE_EVERY_MS
  if (due) await recordBrokerStatus(store, { broker_id: plan.broker_id, status: 'CONNECTED', reason: null, as_of: asked_at })
  return due ? reconcilePositions(look, { broker, known: next, waiting }) : next
}

const statusOf = ({ brokers, broker }: Look): Promise<BrokerAccount['status']> =>
  withDeadline(brokers(broker.broker_id).then(opened => opened.status())).catch(() => 'DISCONNECTED' as const)

const changed = (before: BrokerAccount, after: BrokerAccount): boolean =>
  before.status !== after.status ||
  before.reconciled !== after.reconciled ||
  before.reconciled_at?.getTime() !== after.reconciled_at?.getTime() ||
  before.executions_since?.getTime() !== after.executions_since?.getTime() ||
  before.suspects.length + after.suspects.length > 0

const withDeadline = <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer from the broker in ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

const watermark = ({ executions_since }: BrokerAccount, executions: readonly BrokerExecution[]): Date | null => {
  const newest = executions.reduce((latest, { time }) => Math.max(latest, time.getTime()), executions_since?.getTime() ?? 0)
  return newest === 0 ? null : new Date(newest)
}

const listedBy = (orders: readonly BrokerOrder[]): Map<string, BrokerOrder> =>
  new Map(orders.flatMap(order => (order.client_order_id === null ? [] : [[order.client_order_id, order]])))

/** Orders that we think are open and the broker does not list: each is asked for by its id, and a question that fails judges nothing. */
async function askForMissing(
  look: Look,
  { broker, open, orders }: { broker: Broker; open: readonly StoredOrder[]; orders: readonly BrokerOrder[] },
) {
  const listed = new Set(orders.flatMap(order => [order, ...order.legs]).map(({ client_order_id }) => client_order_id))
  // Those that the supervisor makes of others it asks for by their parts.
  const missing = open.filter(
    ({ client_order_id, strategy_id, status, emulated }) =>
      !listed.has(client_order_id) && strategy_id !== EXTERNAL && !isTerminal(status) && !emulated,
  )
  for (const order of missing) {
    const lost = order.status === 'UNKNOWN' || order.status === 'SUBMITTING' || order.status === 'NEW'
    if (lost) {
      if (isOld(order.updated_at)) resolveAside(look, order)
      continue
    }
    const seen = await broker.getOrder(order)
    if (seen) await learnOf(look, order, seen)
  }
}

/** Orders of somebody else that the broker lists no more have ended: as it tells, or else by being gone. */
async function endForeign(
  look: Look,
  { broker, open, orders }: { broker: Broker; open: readonly StoredOrder[]; orders: readonly BrokerOrder[] },
) {
  const listed = new Set(orders.flatMap(order => [order, ...order.legs]).map(({ broker_order_id }) => broker_order_id))
  const gone = open.filter(
    ({ strategy_id, broker_order_id, updated_at }) =>
      strategy_id === EXTERNAL && broker_order_id !== null && !listed.has(broker_order_id) && isOld(updated_at),
  )
  for (const order of gone) {
    const seen = await broker.getOrder(order)
    if (seen) await learnOf(look, order, seen)
    else await learn(look, order, { event: 'cancel', reason: 'no longer at the broker' })
  }
}

/** Asking until the broker is sure takes seconds, in which no fill of another order shall be missed. */
function resolveAside(look: Look, order: StoredOrder): void {
  look.memory.once(order.order_id, async () => {
    try {
      await look.flush({ holder: tradingOrders, ordering_key: keyOf(await resolveOrder(look, order)) })
    } catch (error) {
      look.log.warning('order not resolved', { order_id: order.order_id, error: errorText(error) })
    }
  })
}
