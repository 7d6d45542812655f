import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import type { Waiting } from '../../shared/runtime/outbox.ts'
import { routeTo } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { confirmationWrite, executionConfirmations, sendWithConfirmation } from '../../shared/store/execution-confirmations.ts'
import { reservationFilled } from '../../shared/store/margin-ledger.ts'
import { type OutboxMessage, toOutbox } from '../../shared/store/outbox.ts'
import { type Position, positionQuery } from '../../shared/store/positions.ts'
import { readTogether } from '../../shared/store/query.ts'
import { progressQueries, reachedBy } from '../../shared/store/signal-progress.ts'
import { advanceSignal, advanceWrites } from '../../shared/store/trading-signals.ts'
import { type JoinedWrite, writeTogether } from '../../shared/store/write-together.ts'
import { bookFillOnce, releaseClaim } from './book.ts'
import { settleReservation } from './ledger.ts'
import { redecisionMessages } from './waiting-exits.ts'

/** Books what a broker said of an order: fills → positions → margin ledger → signal → the confirmation itself, with what follows. */
export const applyExecution =
  (store: Store) =>
  async (confirmation: ExecutionConfirmation, { now: at }: StepContext): Promise<Outcome> => {
    const { signal_id, order_id, strategy_id, status, filled_qty, avg_fill_price } = confirmation
    const read = await readTogether(store, { positions: positionQuery(confirmation), ...progressQueries(signal_id) })
    const { position, finishing } = await bookFills(store, confirmation, read.positions[0] ?? null)
    const settling = await settle(store, confirmation, position)
    const reached = reachedBy(read)
    const advancing = advanceWrites(signal_id, reached)
    const outbox = await bookingMessages(store, confirmation)
    const outcomes = await writeTogether(store, [
      ...finishing,
      ...settling,
      ...advancing,
      confirmationWrite({ ...confirmation, booked_at: now(), outbox }),
    ])
    crashPoint('apply-execution:stored')
    if (advancing.length > 0 && outcomes.at(-2) !== 'written') await advanceSignal(store, signal_id, reached)
    const redecisions = isTerminal(status) ? await redecisionMessages(store, confirmation, at) : []
    if (redecisions.length > 0) await sendWithConfirmation(store, confirmation.confirmation_id, redecisions)
    const messages = [...outbox, ...redecisions]
    return {
      message: 'execution booked',
      fields: { signal_id, order_id, strategy_id, status, filled_qty, avg_fill_price },
      flush: outcomes.at(-1) === 'written' ? [{ holder: executionConfirmations, messages }] : waitingKeysOf(messages),
    }
  }

async function bookFills(store: Store, confirmation: ExecutionConfirmation, known: Position | null) {
  let position = known
  const finishing: JoinedWrite[] = []
  for (const report of confirmation.fills) {
    const booked = await bookFillOnce(store, { confirmation, report, known: position })
    finishing.push(...booked.finishing)
    position = booked.position
  }
  return { position, finishing }
}

/** Gives back what an order can use no more: an exit its claim, an entry its reservation. */
async function settle(store: Store, confirmation: ExecutionConfirmation, position: Position | null): Promise<JoinedWrite[]> {
  const { is_exit, status, order_id, trading_mode } = confirmation
  if (!is_exit && status === 'FILLED') return [reservationFilled(store, { trading_mode, order_id, at: now() })]
  if (!is_exit) await settleReservation(store, confirmation)
  else if (isTerminal(status) && position?.closing.some(claim => claim.order_id === order_id)) await releaseClaim(store, confirmation)
  return []
}

/** A confirmation that came before may still hold its own messages: whatever waits under these keys is sent. */
const waitingKeysOf = (outbox: readonly OutboxMessage[]): Waiting[] =>
  [...new Set(outbox.map(({ ordering_key }) => ordering_key))].map(ordering_key => ({ holder: executionConfirmations, ordering_key }))

/** Tells that an account's books changed, with the time after which its broker must be read, and on which route that is. */
async function bookingMessages(store: Store, { account_id, broker_id, order_id, fills }: ExecutionConfirmation): Promise<OutboxMessage[]> {
  if (fills.length === 0) return []
  const at = now()
  const attributes = { cause: 'BOOKING', route: await routeTo(store, broker_id) }
  const data = { account_id, broker_id, timestamp: at, cause: 'BOOKING', order_id }
  return [toOutbox({ topic: 'account-updates', ordering_key: account_id, attributes, data, at })]
}
