import { setTimeout as wait } from 'node:timers/promises'
import type { Publisher } from '../../shared/cloud/publisher.ts'
import type { Background } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { logOf } from '../../shared/runtime/log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { isLeaseFree, SUPERVISION } from '../../shared/store/leases.ts'

const LOOK_EVERY_MS = 1_000
/** A run that was called takes the lease within this, or is called again. */
const AGAIN_AFTER_MS = 5_000

/** Calls a run of `supervise-orders` as soon as nobody looks after orders: its schedule would bring one within a minute only. */
export const keepSupervised =
  (store: Store, publisher: Publisher): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    while (!ending.aborted) {
      const free = await isLeaseFree(store, SUPERVISION, now())
      if (free) {
        log.info('nobody looks after orders: a run is called')
        const data = Buffer.from(JSON.stringify({ scheduled_at: now() }))
        await publisher.publish({ topic: 'run-supervise-orders', ordering_key: '', attributes: {}, data })
      }
      await wait(free ? AGAIN_AFTER_MS : LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined)
    }
  }
