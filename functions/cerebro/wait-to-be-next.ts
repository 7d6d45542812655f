import { setTimeout as delay } from 'node:timers/promises'
import type { BookMode } from '../../shared/messages/signal.ts'
import { now as clock } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { becomeNext } from '../../shared/store/margin-ledger.ts'

/** Longer than a decision takes; after that, others are granted again whatever became of it. */
const HELD_FOR_MS = 3_000
/** Short of the time in which a message must be acknowledged. */
const WAIT_MS = 30_000
const LOOK_EVERY_MS = 20

/**
 * Races between processes have losers, and chance may let one lose for ever. Who has lost often has the ledger refuse everybody else until
 * it was granted what it asks for: so it waits for the few who are before it, and is neither refused nor delivered again (CER-4).
 */
export async function waitToBeNext(store: Store, mode: BookMode, signal_id: string): Promise<void> {
  const begun = performance.now()
  while (performance.now() - begun < WAIT_MS) {
    const now = clock()
    if (await becomeNext(store, mode, { signal_id, now, until: new Date(now.getTime() + HELD_FOR_MS) })) return
    await delay(LOOK_EVERY_MS * (0.5 + Math.random()))
  }
}
