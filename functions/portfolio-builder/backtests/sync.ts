import { randomUUID } from 'node:crypto'
import { type BacktestLoad, endOfSync } from '../../../shared/runtime/load-backtest.ts'
import type { Flush } from '../../../shared/runtime/outbox.ts'
import { type BacktestSync, backtestSyncs, insertSync } from '../../../shared/store/backtest-syncs.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { toOutbox } from '../../../shared/store/outbox.ts'
import { type Asked, whoAsks } from '../person.ts'

interface Surroundings {
  store: Store
  flush: Flush
}

const newSync = (strategy_id: string, source: string | null, asked: Asked): BacktestSync => ({
  run_id: randomUUID(),
  strategy_id,
  source,
  status: 'queued',
  reason: null,
  errors: [],
  num_errors: 0,
  warnings: [],
  days: null,
  source_hash: null,
  requested_by: whoAsks(asked),
  requested_from: asked.address,
  requested_at: asked.now,
  finished_at: null,
})

/** Has a strategy's source read in the background; the run's id. */
export async function queueSync({ store, flush }: Surroundings, strategy_id: string, source: string | null, asked: Asked): Promise<string> {
  const sync = newSync(strategy_id, source, asked)
  const message = toOutbox({ topic: 'backtest-syncs', ordering_key: '', data: { run_id: sync.run_id, strategy_id }, at: asked.now })
  await insertSync(store, { ...sync, outbox: [message] })
  await flush({ holder: backtestSyncs, messages: [message] })
  return sync.run_id
}

/** Keeps what became of a file that came with the request, for whoever polls. */
export async function recordSync(store: Store, strategy_id: string, load: BacktestLoad, asked: Asked): Promise<string> {
  const sync = { ...newSync(strategy_id, null, asked), ...endOfSync(load), finished_at: asked.now }
  await insertSync(store, sync)
  return sync.run_id
}
