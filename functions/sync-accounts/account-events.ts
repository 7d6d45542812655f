import type { AccountEvent, Broker, PositionEvent } from '../../shared/brokers/broker.ts'
import { averagePrice } from '../../shared/domain/account/book-fill.ts'
import { bookShare, fillOfShare, sharesOf } from '../../shared/domain/account/position-event.ts'
import { Decimal, ZERO } from '../../shared/domain/money/decimal.ts'
import { now } from '../../shared/runtime/clock.ts'
import {
  insertEvent,
  knownEvents,
  latestEventTime,
  markEventBooked,
  markShare,
  type PositionEventDocument,
  positionEventOf,
  unbookedEvents,
} from '../../shared/store/account-events.ts'
import type { PlacedAccount } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Fill, fills } from '../../shared/store/fills.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { clearPendingFill, newPosition, openPositionsIn, type Position, positionOf, replacePosition } from '../../shared/store/positions.ts'
import { type JoinedWrite, writeTogether } from '../../shared/store/write-together.ts'

/** Brokers tell some events late, with an earlier time: this far before the newest they are asked for again. */
const LOOK_BACK_MS = 7 * 86_400_000

/** Asks what happened to an account beside orders (ACC-5a), and books it. */
export async function bookEvents(store: Store, broker: Broker, placed: PlacedAccount): Promise<void> {
  const newest = (await latestEventTime(store, placed.account.account_id)) ?? now()
  await bookTold(store, placed, await broker.accountEvents(placed.account.account_id, new Date(newest.getTime() - LOOK_BACK_MS)))
}

/** Books what a broker told of an account, asked or by its stream, each event once. */
export async function bookTold(store: Store, placed: PlacedAccount, events: readonly AccountEvent[]): Promise<void> {
  const { account_id } = placed.account
  const known = await knownEvents(
    store,
    account_id,
    events.map(({ event_id }) => event_id),
  )
  for (const event of events) if (!known.has(event.event_id)) await insertEvent(store, await documentOf(store, event, placed))
  for (const event of await unbookedEvents(store, account_id)) {
    for (const index of event.shares.keys()) await bookShareOnce(store, event, index)
    await markEventBooked(store, event, now())
  }
}

async function documentOf(store: Store, event: AccountEvent, { account: { trading_mode }, broker: { broker_id } }: PlacedAccount) {
  const { kind, ...rest } = event
  const home = { broker_id, trading_mode }
  if (kind === 'CASH') return { ...(rest as Omit<typeof event, 'kind'>), ...home, booked_at: now() }
  return { ...rest, ...home, booked_at: null, shares: await sharesIn(store, event) }
}

async function sharesIn(store: Store, event: PositionEvent) {
  const [held, instrument] = await Promise.all([openPositionsIn(store, event.account_id), instrumentById(store, event.instrument_id)])
  const holders = held.filter(({ instrument_id }) => instrument_id === event.instrument_id)
  const shares = sharesOf(event, holders, instrument?.strike ?? null)
  return shares.map(share => ({ ...share, booked: false }))
}

/**
 * Lets a position count its share, once, whoever dies where: the position remembers the share until the event says that it is counted. The
 * position is read before the event's mark, and written only as it was read.
 */
async function bookShareOnce(store: Store, event: PositionEventDocument, index: number): Promise<void> {
  for (;;) {
    const share = event.shares[index]
    const position = share && (await positionFor(store, event, share))
    if (!position) return
    const pending = position.pending_fills.find(({ execution_id }) => execution_id === share.execution_id)
    if (pending) return finish(store, event, { index, position, realized_pnl: pending.realized_pnl })
    if ((await positionEventOf(store, event))?.shares[index]?.booked) return
    const next = positionAfter(position, event, share)
    if (await replacePosition(store, next)) {
      return finish(store, event, { index, position: next, realized_pnl: next.realized_pnl.minus(position.realized_pnl) })
    }
  }
}

type Share = PositionEventDocument['shares'][number]

async function positionFor(store: Store, event: PositionEventDocument, share: Share): Promise<Position | null> {
  const { account_id, broker_id, trading_mode, time } = event
  const { strategy_id, instrument_id } = share
  const known = await positionOf(store, { account_id, strategy_id, instrument_id })
  if (known) return known
  const instrument = await instrumentById(store, instrument_id)
  return instrument && newPosition({ account_id, strategy_id, instrument_id, instrument, broker_id, trading_mode }, time)
}

function positionAfter(position: Position, { time }: PositionEventDocument, share: Share): Position {
  const { multiplier } = position.instrument
  const holding = bookShare(position, share, { multiplier, time })
  const { execution_id, ratio } = share
  return {
    ...position,
    ...holding,
    status: holding.quantity.isZero() ? 'CLOSED' : 'OPEN',
    avg_price: averagePrice(holding, multiplier),
    closing: ratio
      ? position.closing.map(claim => ({ ...claim, quantity: claim.quantity.times(ratio) }))
      : fitting(position, holding.quantity),
    pending_fills: [...position.pending_fills, { execution_id, realized_pnl: holding.realized_pnl.minus(position.realized_pnl) }],
    opened_at: position.quantity.isZero() ? time : position.opened_at,
    updated_at: now(),
  }
}

/** Exits claim no more than is left to close; the supervisor takes those back that have nothing to close any more. */
function fitting({ closing, quantity }: Position, after: Position['quantity']): Position['closing'] {
  let left = after.isNegative() === quantity.isNegative() ? after.abs() : ZERO
  const kept: Position['closing'] = []
  for (const claim of closing) {
    const held = Decimal.min(claim.quantity, left)
    left = left.minus(held)
    if (held.gt(0)) kept.push({ ...claim, quantity: held })
  }
  return kept
}

type Counted = { index: number; position: Position; realized_pnl: Position['realized_pnl'] }

/** What was closed or opened is a fill as well, so that results add up from fills; then the event is marked, then the position forgets. */
async function finish(store: Store, event: PositionEventDocument, { index, position, realized_pnl }: Counted): Promise<void> {
  const share = event.shares[index]
  if (!share) return
  const { account_id } = event
  const { execution_id } = share
  const fill = share.ratio ? null : fillDocument(event, share, { position, realized_pnl })
  const stored: JoinedWrite[] = fill
    ? [{ in: fills, filter: { account_id, execution_id }, update: { $setOnInsert: { ...fill } }, upsert: true }]
    : []
  await writeTogether(store, [...stored, markShare(event, index), clearPendingFill(position, execution_id)])
}

const fillDocument = (event: PositionEventDocument, share: Share, { position, realized_pnl }: Omit<Counted, 'index'>): Fill => ({
  ...fillOfShare(share, event.time),
  account_id: event.account_id,
  order_id: event.event_id,
  signal_id: event.event_id,
  strategy_id: share.strategy_id,
  broker_id: event.broker_id,
  trading_mode: event.trading_mode,
  instrument_id: share.instrument_id,
  symbol: position.instrument.symbol,
  currency: position.instrument.currency,
  multiplier: position.instrument.multiplier,
  commission: ZERO,
  commission_currency: position.instrument.currency,
  is_exit: share.instrument_id === event.instrument_id,
  booked: true,
  booked_at: now(),
  realized_pnl,
})
