import { createHash } from 'node:crypto'
import type { Brokers } from '../../shared/brokers/pool.ts'
import { dailyReturns } from '../../shared/domain/performance/statistics.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import { now } from '../../shared/runtime/clock.ts'
import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'
import { instrumentsWithReturnsSince, putInstrumentReturns } from '../../shared/store/instrument-returns.ts'
import { allInstruments } from '../../shared/store/instruments.ts'
import type { Sync } from './sync.ts'

/** Ten years. */
const DAYS = 2_520
const DAY_MS = 86_400_000
const AT_ONCE = 8
/** More wait for the next run, so that no run is held up by a long symbol table. */
const MOST_A_RUN = 200

/** Writes each instrument's daily returns once a UTC day, from the first broker that knows its history; how many were written. */
export async function updateInstrumentReturns(
  { store, brokers }: Pick<Sync, 'store' | 'brokers'>,
  fund: AccountHierarchy,
): Promise<number> {
  const today = new Date(Math.floor(now().getTime() / DAY_MS) * DAY_MS)
  const [done, all] = await Promise.all([instrumentsWithReturnsSince(store, today), allInstruments(store)])
  const due = all.filter(({ instrument_id }) => !done.has(instrument_id)).slice(0, MOST_A_RUN)
  if (due.length === 0) return 0
  const broker_ids = [...new Set(accountsOf(fund).map(({ broker }) => broker.broker_id))]
  let written = 0
  for (let at = 0; at < due.length; at += AT_ONCE) {
    const found = await Promise.all(due.slice(at, at + AT_ONCE).map(instrument => returnsOf(brokers, broker_ids, instrument)))
    for (const returns of found) {
      if (!returns) continue
      await putInstrumentReturns(store, { ...returns, updated_at: now() })
      written += 1
    }
  }
  return written
}

async function returnsOf(brokers: Brokers, broker_ids: readonly string[], instrument: InstrumentDocument) {
  for (const broker_id of broker_ids) {
    const closes = await brokers(broker_id)
      .then(broker => broker.dailyCloses?.(instrument, DAYS) ?? [])
      .catch(() => [])
    if (closes.length < 2) continue
    const returns = dailyReturns(closes.map(({ day, close }) => ({ day, value: close.toNumber() })))
    const daily_returns = returns.map(({ fraction }) => Number(fraction.toFixed(8)))
    const dates = returns.map(({ day }) => day)
    const source_hash = createHash('sha256')
      .update(JSON.stringify([dates, daily_returns]))
      .digest('hex')
    return { instrument_id: instrument.instrument_id, dates, daily_returns, source: broker_id, source_hash }
  }
  return null
}
