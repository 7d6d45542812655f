import type { Publisher } from '../../shared/cloud/publisher.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import type { Waiting } from '../../shared/runtime/outbox.ts'
import { decisionsOf, waitingSince } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { deadLettered } from '../../shared/store/dead-letters.ts'
import { waitingKeys } from '../../shared/store/outbox.ts'
import { outboxHolders } from '../../shared/store/outbox-holders.ts'
import { readSettings } from '../../shared/store/settings.ts'
import { heldSignals, type StoredSignal, signalsById, undecidedSignals } from '../../shared/store/trading-signals.ts'

/** What is younger is still being sent by whoever wrote it. */
const OUTBOX_AFTER_MS = 5_000
const UNDECIDED_AFTER_MS = 60_000
const MOST_SIGNALS = 500

interface Sweep {
  store: Store
  publisher: Publisher
  /** Takes in what others wrote into the database while nobody listened. */
  collect(log: Log): Promise<number>
}

/** A decision that waits this long for an order's end is asked again, in case nobody told of it. */
const WAITING_AFTER_MS = 60_000

/**
 * Sends what a dead process left in an outbox and signals that nobody has decided after a minute, and has Cerebro decide again what a halt
 * held and what has waited for long; after a change of the kill switch, all that waits.
 */
export const sweep =
  ({ store, publisher, collect }: Sweep) =>
  async (_run: unknown, { log, attributes }: StepContext): Promise<Outcome> => {
    const at = now().getTime()
    const written = await collect(log)
    const left = await leftInOutboxes(store, new Date(at - OUTBOX_AFTER_MS))
    const undecided = await lostSignals(store, new Date(at - UNDECIDED_AFTER_MS))
    const held = await releasableSignals(store)
    const waiting = await waitingSignals(store, new Date(attributes.cause === 'kill switch' ? at + 1 : at - WAITING_AFTER_MS))
    const sent = await Promise.allSettled([
      ...undecided.map(signal => publishSignal(publisher, signal, {})),
      ...held.map(signal => publishSignal(publisher, signal, { redecide: 'kill switch' })),
      ...waiting.map(signal => publishSignal(publisher, signal, { redecide: 'still waiting' })),
    ])
    for (const result of sent) if (result.status === 'rejected') log.warning('signal not published', { error: errorText(result.reason) })
    return {
      message: 'signals swept',
      fields: { written, outboxes: left.length, undecided: undecided.length, released: held.length, waiting: waiting.length },
      flush: left,
    }
  }

async function leftInOutboxes(store: Store, before: Date): Promise<Waiting[]> {
  const keys = await Promise.all(
    outboxHolders.map(async holder => (await waitingKeys(store, holder, before)).map(ordering_key => ({ holder, ordering_key }))),
  )
  return keys.flat()
}

async function lostSignals(store: Store, before: Date): Promise<StoredSignal[]> {
  const undecided = await undecidedSignals(store, before, MOST_SIGNALS)
  const ids = undecided.map(({ signal_id }) => signal_id)
  const [decisions, dead] = await Promise.all([decisionsOf(store, ids), deadLettered(store, ids)])
  return undecided.filter(({ signal_id }) => !decisions.has(signal_id) && !dead.has(signal_id))
}

/** Held exits, once the fund is not halted. Whether their account or strategy still is, Cerebro sees when it decides them again. */
async function releasableSignals(store: Store): Promise<StoredSignal[]> {
  const { kill_switch } = await readSettings(store)
  return kill_switch.fund === 'HALTED' ? [] : heldSignals(store, MOST_SIGNALS)
}

/** Decisions that wait for the end of orders. */
const waitingSignals = async (store: Store, before: Date): Promise<StoredSignal[]> =>
  signalsById(store, await waitingSince(store, before, MOST_SIGNALS))

const publishSignal = (publisher: Publisher, signal: StoredSignal, attributes: Record<string, string>): Promise<void> =>
  publisher.publish({
    topic: 'standardized-signals',
    ordering_key: signal.strategy_id,
    attributes,
    data: Buffer.from(JSON.stringify(standardizedSignal.encode(signal))),
  })
