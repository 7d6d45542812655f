import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { OrderResult } from '../../shared/brokers/broker.ts'
import type { Brokers } from '../../shared/brokers/pool.ts'
import { withOwn } from '../../shared/brokers/with-own.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { askForLease, handOver, renewLease, SUPERVISION, type Taken, takeFreeLease } from '../../shared/store/leases.ts'

/** A holder that died is waited for no longer than this. */
const LEASE_MS = 5_000
const RENEW_MS = 1_000
/** A holder that could not renew stops this long before its lease ends. */
const MARGIN_MS = 1_000
/** A holder that is asked to let go ends what it is at. */
const WAIT_MS = 30_000
const ASK_EVERY_MS = 100

/** The right to look after orders: one has it at a time. */
export interface Lease {
  /** Whether nobody looked after orders before: what happened meanwhile was not seen. */
  interrupted: boolean
  isHeld(): boolean
  /** Whether the next run waits for it. */
  isAsked(): boolean
  /** A look begins. */
  looks(): void
  end(): Promise<void>
}

/** Takes the lease where nobody has it; null where somebody does. */
export async function takeIfFree(store: Store): Promise<Lease | null> {
  const holder = randomUUID()
  const asked_at = performance.now()
  const taken = await takeFreeLease(store, { lease_id: SUPERVISION, holder, until: leaseEnd() }, now())
  return taken && holding(store, { holder, asked_at, taken })
}

/** Takes the lease over from the run before, once that has let go or is dead; null where another was faster. */
export async function takeOver(store: Store): Promise<Lease | null> {
  const holder = randomUUID()
  for (const begun = performance.now(); performance.now() - begun < WAIT_MS; await delay(ASK_EVERY_MS)) {
    const asked_at = performance.now()
    const taken = await takeFreeLease(store, { lease_id: SUPERVISION, holder, until: leaseEnd() }, now())
    if (taken) return holding(store, { holder, asked_at, taken })
    await askForLease(store, { lease_id: SUPERVISION, holder })
  }
  return null
}

const leaseEnd = () => new Date(now().getTime() + LEASE_MS)

/** Renews by its own beat, however long a look takes; what cannot be renewed in time is not held any more. */
function holding(store: Store, { holder, asked_at, taken }: { holder: string; asked_at: number; taken: Taken }): Lease {
  let heldUntil = asked_at + LEASE_MS - MARGIN_MS
  let asked = false
  let looked_at = now()
  const renew = async () => {
    const begun = performance.now()
    const answer = await renewLease(store, { lease_id: SUPERVISION, holder, until: leaseEnd(), looked_at }).catch(() => null)
    if (answer === 'lost') heldUntil = 0
    else if (answer !== null && heldUntil > performance.now()) heldUntil = begun + LEASE_MS - MARGIN_MS
    asked ||= answer === 'asked'
  }
  const beat = setInterval(renew, RENEW_MS)
  const isHeld = () => performance.now() < heldUntil
  return {
    interrupted: taken === 'interrupted',
    isHeld,
    isAsked: () => asked,
    looks: () => {
      looked_at = now()
    },
    end: async () => {
      clearInterval(beat)
      if (isHeld()) await handOver(store, { lease_id: SUPERVISION, holder })
      heldUntil = 0
    },
  }
}

const NOT_HELD: OrderResult = { kind: 'unknown', reason: 'LEASE_LOST: another supervisor looks after orders' }

/** Brokers that may be asked by everybody, but told to do something only by who holds the lease. */
export const whileHeld =
  (brokers: Brokers, { isHeld }: Pick<Lease, 'isHeld'>): Brokers =>
  async broker_id => {
    const broker = await brokers(broker_id)
    return withOwn(broker, {
      placeOrder: async request => (isHeld() ? broker.placeOrder(request) : NOT_HELD),
      modifyOrder: async request => (isHeld() ? broker.modifyOrder(request) : NOT_HELD),
      cancelOrder: async id => (isHeld() ? broker.cancelOrder(id) : NOT_HELD),
    })
  }
