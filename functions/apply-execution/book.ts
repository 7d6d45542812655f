import { averagePrice, bookFill } from '../../shared/domain/account/book-fill.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { ExecutionConfirmation, FillReport } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Store } from '../../shared/store/collection.ts'
import { commissionWrite, correctionWrites, type Fill, fillOf, fillWrite, markBooked } from '../../shared/store/fills.ts'
import { clearPendingFill, newPosition, type Position, positionOf, positionWrite, replacePosition } from '../../shared/store/positions.ts'
import { type JoinedWrite, writeTogether } from '../../shared/store/write-together.ts'
import { laterFill, rebuildPosition } from './rebuild-position.ts'

interface Booked {
  /** With the fill in it. */
  position: Position
  /** Writes that end the booking, in this order: the fill is marked, and only then the position forgets it. */
  finishing: JoinedWrite[]
}

/**
 * Books one fill into its position, once, whoever dies where: the fill is stored (unique), the position counts it and remembers that it
 * does, the fill is marked, the position forgets. The position is read before the fill is stored or its mark is read, and written only as
 * it was read: whoever booked it meanwhile has moved the position.
 * @param known the position as it was read
 */
export async function bookFillOnce(
  store: Store,
  { confirmation, report, known }: { confirmation: ExecutionConfirmation; report: FillReport; known: Position | null },
): Promise<Booked> {
  const fill = fillDocument(confirmation, report)
  if (report.corrects !== undefined) return correctFill(store, { fill, corrected: report.corrects, start: positionStart(confirmation) })
  let position = known ?? newPosition(positionStart(confirmation), fill.time)
  if (!pendingOf(position, fill)) {
    const next = positionAfter(position, fill)
    const [stored, counted] = await writeTogether(store, [fillWrite(fill), positionWrite(next)])
    crashPoint('apply-execution:position-updated')
    if (counted === 'written') return inOrder(store, { before: position, result: booked(written(next), fill), fill })
    if (stored === 'written') position = await positionFor(store, confirmation, fill)
  }
  for (;;) {
    if (pendingOf(position, fill)) return booked(position, fill)
    const stored = await fillOf(store, fill)
    if (stored?.booked)
      return stored.commission_pending && !fill.commission_pending ? payLate(store, fill, position) : { position, finishing: [] }
    const next = positionAfter(position, fill)
    if (await replacePosition(store, next)) return inOrder(store, { before: position, result: booked(written(next), fill), fill })
    position = await positionFor(store, confirmation, fill)
  }
}

/** A fill from before the last one counts where it belongs: average price and lots depend on the order of fills, and ours must not on luck. */
const inOrder = async (store: Store, { before, result, fill }: { before: Position; result: Booked; fill: Fill }): Promise<Booked> => {
  const early = before.last_fill !== undefined && result.position.last_fill?.execution_id !== fill.execution_id
  return early ? booked(await rebuildPosition(store, result.position), fill) : result
}

interface Correction {
  fill: Fill
  corrected: string
  start: ReturnType<typeof positionStart>
}

/** Puts a correction in place of the fill that it corrects, and computes the position anew; the same again changes nothing. */
async function correctFill(store: Store, { fill, corrected, start }: Correction): Promise<Booked> {
  await writeTogether(store, correctionWrites(fill, corrected))
  return { position: await rebuildPosition(store, newPosition(start, fill.time)), finishing: [] }
}

/** Pays a commission that was told late. */
async function payLate(store: Store, fill: Fill, position: Position): Promise<Booked> {
  await writeTogether(store, [commissionWrite(fill)])
  return { position: await rebuildPosition(store, position), finishing: [] }
}

const written = (next: Position): Position => ({ ...next, version: next.version + 1 })

const booked = (position: Position, fill: Fill): Booked => {
  const realized_pnl = pendingOf(position, fill)?.realized_pnl ?? null
  return { position, finishing: [markBooked({ ...fill, booked_at: now(), realized_pnl }), clearPendingFill(position, fill.execution_id)] }
}

const positionFor = async (store: Store, confirmation: ExecutionConfirmation, { time }: Fill): Promise<Position> =>
  (await positionOf(store, confirmation)) ?? newPosition(positionStart(confirmation), time)

const pendingOf = ({ pending_fills }: Position, fill: Fill) => pending_fills.find(({ execution_id }) => execution_id === fill.execution_id)

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
    last_fill: laterFill(position.last_fill, fill),
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
