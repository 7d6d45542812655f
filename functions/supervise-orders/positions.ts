import type { Broker } from '../../shared/brokers/broker.ts'
import { type Decimal, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import type { Alert } from '../../shared/messages/alert.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { BrokerAccount } from '../../shared/store/broker-accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { unbookedAmong } from '../../shared/store/fills.ts'
import { freezeInstrument } from '../../shared/store/frozen-instruments.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { openPositionsIn } from '../../shared/store/positions.ts'
import { ordersTouchedSince, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { bookEvents } from '../sync-accounts/account-events.ts'
import { adopt } from './external.ts'
import { type Look, QUIET_MS } from './supervision.ts'

/** A difference is read this often, each at least so long after the one before, until it counts (rule 17). */
const READINGS = 3
const BETWEEN_READINGS_MS = 2_000
/** Orders touched within this time may have executions that nobody has booked. */
const UNBOOKED_MS = 10 * 60_000

interface Comparing {
  broker: Broker
  known: BrokerAccount
  /** Instruments of executions that nobody has been given yet. */
  waiting: ReadonlySet<string>
}

interface Difference {
  instrument_id: string
  symbol: string
  ours: Decimal
  theirs: Decimal
}

/**
 * Compares what our strategies and EXTERNAL hold with what the broker says. What the broker held before we first looked becomes EXTERNAL;
 * a later difference is read again twice, and then freezes the instrument's entries until a person has looked.
 */
export async function reconcilePositions(look: Look, { broker, known, waiting }: Comparing): Promise<BrokerAccount> {
  const read = async () => (await differencesIn(look, broker)).filter(({ instrument_id }) => !waiting.has(instrument_id))
  const found = await read()
  const at = now()
  if (!known.adopted) {
    for (const difference of found) await adoptDifference(look, difference)
    return { ...known, adopted: waiting.size === 0, reconciled: true, reconciled_at: at, suspects: [] }
  }
  // A split, an expiry or an assignment that nobody has asked for yet is no difference.
  if (found.length > 0) await bookEvents(look.store, broker, look)
  const differences = found.length > 0 ? await read() : []
  const suspects: BrokerAccount['suspects'] = []
  for (const { instrument_id, ours, theirs } of differences) {
    const difference = theirs.minus(ours)
    const before = known.suspects.find(each => each.instrument_id === instrument_id && each.difference.eq(difference))
    const early = before && at.getTime() - before.at.getTime() < BETWEEN_READINGS_MS
    const readings = (before?.readings ?? 0) + (early ? 0 : 1)
    suspects.push({ instrument_id, difference, readings, at: early ? before.at : at })
    if (readings >= READINGS) await freeze(look, { instrument_id, ours, theirs })
  }
  return { ...known, reconciled: true, reconciled_at: at, suspects }
}

/** Instruments whose quantities differ and that nobody is working on. */
async function differencesIn({ store, account: { account_id } }: Look, broker: Broker): Promise<Difference[]> {
  // What fills between these readings touches an order, and is then left alone.
  const theirs = await broker.positions(account_id)
  const ours = await openPositionsIn(store, account_id)
  const recent = await ordersTouchedSince(store, account_id, new Date(now().getTime() - UNBOOKED_MS))
  const busy = await inFlight(store, recent)
  const working = new Set(busy.map(({ instrument_id }) => instrument_id))
  const ids = new Set([...theirs, ...ours].map(({ instrument_id }) => instrument_id))
  return [...ids]
    .filter(id => !working.has(id))
    .map(instrument_id => {
      const mine = ours.filter(each => each.instrument_id === instrument_id)
      const other = theirs.find(each => each.instrument_id === instrument_id)
      return {
        instrument_id,
        symbol: other?.symbol ?? mine[0]?.instrument.symbol ?? instrument_id,
        ours: sum(mine.map(({ quantity }) => quantity)),
        theirs: other?.quantity ?? ZERO,
        price: other?.avg_price ?? ZERO,
      }
    })
    .filter(difference => !difference.ours.eq(difference.theirs))
}

/** Orders that are worked on, or whose executions are not all booked yet. */
async function inFlight(store: Store, recent: readonly StoredOrder[]): Promise<StoredOrder[]> {
  const fresh = now().getTime() - QUIET_MS
  const unbooked = await unbookedAmong(
    store,
    recent.flatMap(({ account_id, fills = [] }) => fills.map(({ execution_id }) => ({ account_id, execution_id }))),
  )
  return recent.filter(
    ({ updated_at, fills = [] }) => updated_at.getTime() > fresh || fills.some(({ execution_id }) => unbooked.has(execution_id)),
  )
}

/** Takes a difference over as a holding of EXTERNAL, under an id that follows from the account and the instrument. */
async function adoptDifference(look: Look, difference: Difference & { price?: Decimal }): Promise<void> {
  const { instrument_id, symbol, ours, theirs } = difference
  const { account } = look
  const quantity = theirs.minus(ours)
  const id = `EXT_${account.account_id}_${instrument_id.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${quantity.toFixed().replaceAll(/[^0-9]/g, '_')}`
  await adopt(look, {
    id,
    client_order_id: id,
    broker_order_id: null,
    instrument_id,
    symbol,
    action: quantity.isNegative() ? 'SELL' : 'BUY',
    quantity: quantity.abs(),
    working: false,
    fills: [
      {
        execution_id: id,
        price: difference.price ?? ZERO,
        quantity: quantity.abs(),
        time: now(),
        commission: ZERO,
        commission_currency: account.currency,
      },
    ],
  })
}

async function freeze(
  { store, account: { account_id }, log, told }: Look,
  { instrument_id, ours, theirs }: Omit<Difference, 'symbol'>,
): Promise<void> {
  const at = now()
  const alert: Alert = {
    severity: 'CRITICAL',
    key: `frozen:${account_id}:${instrument_id}`,
    title: `${instrument_id} in ${account_id} is not what the broker says`,
    detail: `POSITION_MISMATCH: ours=${ours.toFixed()}, broker=${theirs.toFixed()}. Entries are frozen; look at the broker, then: npm run unfreeze -- ${account_id} ${instrument_id}`,
    signal_id: null,
    order_id: null,
    at,
  }
  const outbox = [toOutbox({ topic: 'alerts', ordering_key: '', attributes: { severity: alert.severity }, data: alert, at })]
  const fresh = await freezeInstrument(store, { account_id, instrument_id, ours, theirs, at, outbox })
  if (!fresh) return
  told.add('')
  log.warning('instrument frozen', { account_id, instrument_id, ours: ours.toFixed(), theirs: theirs.toFixed() })
}
