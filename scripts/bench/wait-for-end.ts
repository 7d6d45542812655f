import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from 'mongodb'
import type { Bench } from './figures.ts'
import { openSender } from './post-signal.ts'

/** The states in which a signal still has something before it. */
const unfinished = ['RECEIVED', 'STANDARDIZED', 'HELD', 'DECIDED', 'ORDERED', 'PARTIALLY_FILLED']

/** Signals received since a moment that are not at their end. */
const countUnfinished = (db: Db, since: Date): Promise<number> =>
  db.collection('trading_signals').countDocuments({ status: { $in: unfinished }, received_at: { $gte: since } })

/** Waits until all signals since a moment are at their end; how many are not when the time is over. */
export async function settled(db: Db, since: Date, withinMs: number): Promise<number> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const open = await countUnfinished(db, since)
    if (open === 0 || Date.now() >= deadline) return open
    await delay(100)
  }
}

/** Waits for a signal's end; its status then, or the one it is stuck in. */
export async function endOf(db: Db, signal_id: string, withinMs: number): Promise<string> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const found = await db.collection('trading_signals').findOne({ signal_id }, { projection: { _id: 0, status: 1 } })
    const status = String(found?.status)
    if (!unfinished.includes(status) || Date.now() >= deadline) return status
    await delay(5)
  }
}

const TRIES = 3

/** Closes whatever the demo strategies hold, so that the next part begins with flat books. */
export async function flatten({ db, system, strategies }: Bench): Promise<void> {
  const sender = openSender(system.endpoints.signals_url ?? '', 5)
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const since = new Date()
    const open = await db.collection('positions').find({ status: 'OPEN' }).toArray()
    if (open.length === 0) break
    await Promise.all(
      open.map(async ({ strategy_id, quantity }) => {
        const strategy = strategies.find(each => each.strategy_id === strategy_id)
        const action = String(quantity).startsWith('-') ? 'BUY' : 'SELL'
        if (strategy) await sender.post({ strategy, action, signal_type: 'EXIT' })
      }),
    )
    await settled(db, since, 10_000)
  }
  sender.close()
}
