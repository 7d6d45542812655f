import { averagePrice, bookFill } from '../../shared/domain/account/book-fill.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { ExecutionConfirmation, FillReport } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { type Store, writeTogether } from '../../shared/store/collection.ts'
import { type Fill, fillOf, insertFill, markBooked } from '../../shared/store/fills.ts'
import { clearPendingFill, newPosition, type Position, positionOf, replacePosition } from '../../shared/store/positions.ts'

/**
 * Books one fill into its position, once, whoever dies where: the fill is stored (unique), the position counts it and remembers that it
 * does, the fill is marked, the position forgets. The position is read before the fill is stored or its mark is read, and written only as
 * it was read: whoever booked it meanwhile has moved the position.
 */
export async function bookFillOnce(store: Store, confirmation: ExecutionConfirmation, report: FillReport): Promise<void> {
  const fill = fillDocument(confirmation, report)
  let position = await positionFor(store, confirmation, fill)
  let unbooked = await insertFill(store, fill)
  crashPoint('apply-execution:fill-stored')
  for (;;) {
    const pending = pendingOf(position, fill)
    if (pending) return finishBooking(store, confirmation, { ...fill, realized_pnl: pending.realized_pnl })
    unbooked ||= !(await fillOf(store, fill))?.booked
    if (!unbooked) return
    const next = positionAfter(position, fill)
    if (await replacePosition(store, next)) {
      crashPoint('apply-execution:position-updated')
      return finishBooking(store, confirmation, { ...fill, realized_pnl: pendingOf(next, fill)?.realized_pnl ?? null })
    }
    unbooked = false
    position = await positionFor(store, confirmation, fill)
  }
}

const positionFor = async (store: Store, confirmation: ExecutionConfirmation, { time }: Fill): Promise<Position> =>
  (await positionOf(store, confirmation)) ?? newPosition(positionStart(confirmation), time)

const pendingOf = ({ pending_fills }: Position, fill: Fill) => pending_fills.find(({ execution_id }) => execution_id === fill.execution_id)

/** Marks the fill, and only then lets the position forget it. */
const finishBooking = async (store: Store, confirmation: ExecutionConfirmation, fill: Fill): Promise<void> => {
  await writeTogether(store, [markBooked({ ...fill, booked_at: now() }), clearPendingFill(confirmation, fill.execution_id)])
}

const positionStart = ({ account_id, strategy_id, instrument_id, instrument, broker_id, trading_mode }: ExecutionConfirmation) => ({
  account_id,
  strategy_id,
  instrument_id,
  instrument,
  broker_id,
  trading_mode,
})

const fillDocument = (confirmation: ExecutionConfirmation, report: FillReport): Fill => ({
  ...report,
  account_id: confirmation.account_id,
  order_id: confirmation.order_id,
  signal_id: confirmation.signal_id,
  strategy_id: confirmation.strategy_id,
  broker_id: confirmation.broker_id,
  trading_mode: confirmation.trading_mode,
  instrument_id: confirmation.instrument_id,
  symbol: confirmation.instrument.symbol,
  currency: confirmation.instrument.currency,
  multiplier: confirmation.instrument.multiplier,
  action: confirmation.action,
  is_exit: confirmation.is_exit,
  booked: false,
  booked_at: null,
  realized_pnl: null,
})

function positionAfter(position: Position, fill: Fill): Position {
  const { multiplier } = fill
  const holding = bookFill(position, fill, multiplier)
  const realized_pnl = holding.realized_pnl.minus(position.realized_pnl)
  return {
    ...position,
    ...holding,
    status: holding.quantity.isZero() ? 'CLOSED' : 'OPEN',
    avg_price: averagePrice(holding, multiplier),
    fees: position.fees.plus(fill.commission),
    closing: lowerClaim(position.closing, fill),
    pending_fills: [...position.pending_fills, { execution_id: fill.execution_id, realized_pnl }],
    opened_at: position.quantity.isZero() ? fill.time : position.opened_at,
    updated_at: now(),
  }
}

const lowerClaim = (closing: Position['closing'], { order_id, quantity }: Fill): Position['closing'] =>
  closing
    .map(claim => (claim.order_id === order_id ? { ...claim, quantity: Decimal.max(0, claim.quantity.minus(quantity)) } : claim))
    .filter(claim => claim.quantity.gt(0))

/** Gives back what an ended exit claimed and did not close. */
export async function releaseClaim(store: Store, { order_id, ...id }: ExecutionConfirmation): Promise<void> {
  for (;;) {
    const position = await positionOf(store, id)
    const closing = position?.closing.filter(claim => claim.order_id !== order_id)
    if (!position || closing?.length === position.closing.length) return
    if (await replacePosition(store, { ...position, closing: closing ?? [], updated_at: now() })) return
  }
}
