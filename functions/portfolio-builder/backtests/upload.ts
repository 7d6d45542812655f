import type { z } from 'zod'
import { backtestUpload } from '../../../shared/messages/backtest.ts'
import { type BacktestFiles, type BacktestLoad, loadBacktest } from '../../../shared/runtime/load-backtest.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import type { HttpContext } from '../../../shared/runtime/route.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { auditOf } from '../person.ts'

type Upload = Pick<HttpContext<unknown, unknown, unknown>, 'rawBody' | 'headers' | 'caller' | 'address' | 'now'>

/** The files of an upload: CSV as it is, or JSON that holds both. @throws Problem 400, 415 or 422 */
function filesOf({ rawBody, headers }: Pick<Upload, 'rawBody' | 'headers'>): BacktestFiles {
  const type = headers['content-type'] ?? 'text/csv'
  if (!type.startsWith('application/json')) {
    if (/^(text\/|application\/(csv|octet-stream|vnd\.ms-excel|x-www-form-urlencoded))/.test(type)) return { daily: [rawBody] }
    throw new Problem({ status: 415, code: 'NOT_A_CSV', detail: 'Send text/csv, or application/json with {daily, trades} as texts.' })
  }
  const { daily, trades } = parsedUpload(rawBody)
  return { daily: [Buffer.from(daily)], trades: trades === undefined ? undefined : [Buffer.from(trades)] }
}

function parsedUpload(rawBody: Buffer): z.output<typeof backtestUpload> {
  let json: unknown
  try {
    json = JSON.parse(rawBody.toString())
  } catch {
    throw new Problem({ status: 400, code: 'NOT_JSON', detail: 'The body is not JSON. Send {daily, trades} as texts, or text/csv.' })
  }
  const parsed = backtestUpload.safeParse(json)
  if (parsed.success) return parsed.data
  throw new Problem({
    status: 422,
    code: 'INVALID_INPUT',
    detail: 'Send {daily, trades}: the texts of the two files; trades may be missing.',
  })
}

/** Loads the backtest that a request carries; what is wrong with it is an answer. */
export const loadUpload = (store: Store, strategy_id: string, upload: Upload): Promise<BacktestLoad> =>
  loadBacktest(store, { strategy_id, files: filesOf(upload), audit: auditOf(upload, 'uploaded') })

/** @throws Problem 422 with every line that is wrong */
export function assertLoaded(load: BacktestLoad): Exclude<BacktestLoad, { kind: 'refused' }> {
  if (load.kind !== 'refused') return load
  throw new Problem({
    status: 422,
    code: 'INVALID_BACKTEST',
    detail: `${load.count} lines of the ${load.file} file are wrong, so nothing of it was stored.`,
    errors: load.faults.map(({ line, code, message }) => ({ path: `line ${line}`, message: `${code}: ${message}` })),
    figures: { file: load.file, num_errors: load.count },
  })
}
