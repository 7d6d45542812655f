import { z } from 'zod'
import { backtestLoaded, syncAccepted, syncAnswer } from '../../../shared/messages/backtest.ts'
import { identifier } from '../../../shared/messages/codecs.ts'
import { BACKTEST_LIMIT } from '../../../shared/runtime/load-backtest.ts'
import type { Flush } from '../../../shared/runtime/outbox.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { type HttpAnswer, type Routes, route } from '../../../shared/runtime/route.ts'
import { type BacktestSync, latestSync, syncOf } from '../../../shared/store/backtest-syncs.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { backtestOf } from '../../../shared/store/strategy-backtest-data.ts'
import { knownStrategy } from '../strategies/change.ts'
import { queueSync, recordSync } from './sync.ts'
import { assertLoaded, loadUpload } from './upload.ts'

interface Surroundings {
  store: Store
  flush: Flush
}

const ofStrategy = z.object({ strategy_id: identifier })
const ofRun = ofStrategy.extend({ run_id: z.string().max(100) })

/** POR-3: backtests that are sent here, and those that are fetched from where the strategy says. */
export const backtestRoutes = ({ store, flush }: Surroundings): Routes => ({
  'GET /api/v1/strategies/:strategy_id/backtest': route({
    summary: 'A strategy’s backtest, day by day',
    access: ['admin'],
    params: ofStrategy,
    answer: z.object({ status: z.literal('success'), backtest: z.looseObject({ strategy_id: z.string() }) }),
    handle: async ({ params: { strategy_id } }) => {
      const backtest = await backtestOf(store, strategy_id)
      if (!backtest) throw new Problem({ status: 404, code: 'NO_BACKTEST', detail: `${strategy_id} has no backtest yet.` })
      return { body: { status: 'success', backtest } }
    },
  }),
  'POST /api/v1/strategies/:strategy_id/backtest': route({
    summary: 'Load a backtest: text/csv, or JSON with {daily, trades}; whole or not at all',
    access: ['admin'],
    params: ofStrategy,
    answer: backtestLoaded,
    limit: BACKTEST_LIMIT,
    handle: async ({ params: { strategy_id }, ...upload }) => {
      const load = assertLoaded(await loadUpload(store, strategy_id, upload))
      const { kind: status, source_hash } = load
      const [days, warnings] = load.kind === 'done' ? [load.days, load.warnings] : [null, []]
      return { status: status === 'done' ? 201 : 200, body: { status, strategy_id, source_hash, days, warnings } }
    },
  }),
  'POST /api/v1/strategies/:strategy_id/sync-backtest': route({
    summary: 'Read the backtest again: the file in the body, else from `backtest_source`',
    access: ['admin'],
    params: ofStrategy,
    answer: syncAccepted,
    limit: BACKTEST_LIMIT,
    handle: async ({ params: { strategy_id }, ...asked }) => {
      const { backtest_source } = await knownStrategy(store, strategy_id)
      const sent = asked.rawBody.length > 0 && asked.rawBody.toString().trim() !== '{}'
      const run_id = sent
        ? await recordSync(store, strategy_id, await loadUpload(store, strategy_id, asked), asked)
        : await queueSync({ store, flush }, strategy_id, backtest_source, asked)
      const status_url = `/api/v1/strategies/${strategy_id}/sync-backtest/${run_id}`
      return { status: 202, headers: { location: status_url }, body: { status: 'accepted', run_id, strategy_id, status_url } }
    },
  }),
  'GET /api/v1/strategies/:strategy_id/sync-backtest': route({
    summary: 'The latest reading of a strategy’s backtest source',
    access: ['admin'],
    params: ofStrategy,
    answer: syncAnswer,
    handle: async ({ params: { strategy_id } }) => shown(await latestSync(store, strategy_id), `${strategy_id} was not read yet.`),
  }),
  'GET /api/v1/strategies/:strategy_id/sync-backtest/:run_id': route({
    summary: 'What became of a reading: done, unchanged, or every wrong line',
    access: ['admin'],
    params: ofRun,
    answer: syncAnswer,
    handle: async ({ params }) => shown(await syncOf(store, params), `${params.strategy_id} has no run ${params.run_id}.`),
  }),
})

function shown(sync: BacktestSync | null, otherwise: string): HttpAnswer {
  if (!sync) throw new Problem({ status: 404, code: 'UNKNOWN_RUN', detail: otherwise })
  const { outbox: _outbox, source: _source, requested_by: _by, requested_from: _from, ...rest } = sync
  return { body: rest }
}
