import { Decimal128, Long, ObjectId } from 'mongodb'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import { Problem, type ProblemInput } from '../../shared/runtime/problem.ts'
import { endForeign, type ForeignSignal, takeForeign, untakenSignals } from '../../shared/store/foreign-signals.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'
import { auditRefusal } from './door.ts'
import { type DoorParts, examineSignal } from './handler.ts'
import { rawOf } from './raw.ts'
import { refuse } from './refuse.ts'
import { signalStorage } from './store-once.ts'

const LARGEST = 64 * 1024
const AT_ONCE = 500
/** Refusals of the moment, after which the same document is looked at again. */
const PASSING = ['TOO_MANY_SIGNALS', 'UNAVAILABLE']

export type Adopt = (document: ForeignSignal, log: Log) => Promise<void>

/** Somebody else took the document meanwhile. */
class Gone extends Error {}

/** The document as its writer would have sent it: exact numbers as text, times as ISO text. */
const sent = (value: unknown): unknown => {
  if (value instanceof Decimal128 || value instanceof Long) return value.toString()
  if (value instanceof ObjectId) return value.toHexString()
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(sent)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, sent(part)]))
}

const bodyOf = ({ _id, ...fields }: ForeignSignal) => sent(fields) as Record<string, unknown>

/** Where a writer does not say when it sent a signal, its own id of the document does. */
const writtenAt = (_id: unknown): Date | null => (_id instanceof ObjectId ? _id.getTimestamp() : null)

/**
 * Takes a document in that others wrote into `trading_signals` (SIG-3): the same examination as at the door, in the document's own place, so
 * that doing it twice changes nothing. One of another environment is left as it is. Throws where the database fails; then nothing is lost.
 */
export const adoptSignal = (parts: DoorParts): Adopt => {
  const { store, flush, config } = parts
  const examine = examineSignal(parts)
  const storeOnce = signalStorage(store)

  const take = async (document: ForeignSignal, log: Log, onSender: (strategy_id: string) => void) => {
    const received_at = now()
    const rawBody = Buffer.from(JSON.stringify(bodyOf(document)))
    if (rawBody.length > LARGEST) throw refuse('BODY_TOO_LARGE', `The document has ${rawBody.length} bytes; at most ${LARGEST} are taken.`)
    const draft = await examine({ rawBody, headers: {}, address: 'database', now: received_at, log, onSender })
    const sent_at = draft.sent_at ?? writtenAt(document._id)
    const latency_ms = sent_at && received_at.getTime() - sent_at.getTime()
    return storeOnce({ ...draft, source: 'database', sent_at, latency_ms }, async signal => {
      const outcome = await takeForeign(store, document._id, signal)
      if (outcome === 'gone') throw new Gone()
      return outcome
    })
  }

  const end = async (document: ForeignSignal, problem: ProblemInput, strategy_id: string | null) => {
    const received_at = now()
    const refusal = { code: problem.code, detail: problem.detail }
    const raw = rawOf(bodyOf(document))
    await endForeign(store, document._id, { status: 'REFUSED', strategy_id, received_at, refusal, duplicate_of: null, raw })
    await auditRefusal(store, problem, { address: 'database', now: received_at })
  }

  return async (document, log) => {
    if ((document.environment ?? config.ENVIRONMENT) !== config.ENVIRONMENT) return
    let sender: string | null = null
    try {
      const { signal, duplicate } = await take(document, log, strategy_id => {
        sender = strategy_id
      })
      const { signal_id, strategy_id } = signal
      if (duplicate) {
        const raw = rawOf(bodyOf(document))
        await endForeign(store, document._id, {
          status: 'DUPLICATE',
          strategy_id,
          received_at: now(),
          refusal: null,
          duplicate_of: signal_id,
          raw,
        })
        return log.info('written signal repeats another', { signal_id, strategy_id })
      }
      crashPoint('ibkr-gateway:adopted')
      log.info('written signal taken in', { signal_id, strategy_id })
      // The signal is stored; the sweep sends what cannot be sent now.
      await flush({ holder: tradingSignals, ordering_key: strategy_id }).catch(error =>
        log.warning('signal stored, not yet published', { error: errorText(error) }),
      )
    } catch (error) {
      if (error instanceof Gone) return
      if (!(error instanceof Problem)) throw error
      if (PASSING.includes(error.input.code)) return log.warning('written signal has to wait', { code: error.input.code })
      await end(document, error.input, sender)
      log.info('written signal refused', { code: error.input.code })
    }
  }
}

/** Takes in, by their status, what nobody has taken yet. Gives how many were looked at. */
export async function adoptWaiting({ store, config }: Pick<DoorParts, 'store' | 'config'>, adopt: Adopt, log: Log): Promise<number> {
  const waiting = await untakenSignals(store, config.ENVIRONMENT, AT_ONCE)
  for (const document of waiting) await adopt(document, log)
  return waiting.length
}
