import { openSource, SourceUnavailable } from '../../shared/cloud/source-file.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome } from '../../shared/runtime/define-step.ts'
import { endOfSync, loadBacktest } from '../../shared/runtime/load-backtest.ts'
import { FileTooLarge } from '../../shared/runtime/read-backtest.ts'
import { type BacktestSync, endSync, type SyncEnd, syncOf } from '../../shared/store/backtest-syncs.ts'
import type { Store } from '../../shared/store/collection.ts'
import { backtestHash } from '../../shared/store/strategy-backtest-data.ts'

/** Reads a strategy's source and ends the run with what became of it. */
export const syncBacktest =
  (store: Store) =>
  async (request: { run_id: string; strategy_id: string }): Promise<Outcome> => {
    const sync = await syncOf(store, request)
    if (!sync) return { message: 'backtest sync is gone', fields: request }
    if (sync.status === 'queued') await endSync(store, sync.run_id, { ...(await readSource(store, sync)), finished_at: now() })
    return { message: 'backtest synced', fields: request }
  }

async function readSource(store: Store, { strategy_id, source, ...sync }: BacktestSync): Promise<SyncEnd> {
  if (source === null || !source.includes('://')) return withoutSource(store, strategy_id)
  const audit = {
    writer: 'optimize-portfolio',
    at: now(),
    who: sync.requested_by,
    from: sync.requested_from,
    reason: `read from ${source}`,
  }
  try {
    return endOfSync(await loadBacktest(store, { strategy_id, files: { daily: await openSource(source) }, audit }))
  } catch (error) {
    if (error instanceof SourceUnavailable || error instanceof FileTooLarge) return { status: 'failed', reason: error.message }
    throw error
  }
}

/** What was uploaded is what there is: there is nothing newer to read. */
async function withoutSource(store: Store, strategy_id: string): Promise<SyncEnd> {
  const source_hash = await backtestHash(store, strategy_id)
  if (source_hash !== null) return { status: 'unchanged', source_hash }
  return {
    status: 'failed',
    reason:
      'The strategy names no backtest_source and no file was uploaded. Upload one, or set backtest_source to gs://bucket/path or a URL.',
  }
}
