import { now } from '../../shared/runtime/clock.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import { isLostPlace, watchForeign } from '../../shared/store/foreign-signals.ts'
import { dropResumeToken, resumeTokenOf, saveResumeToken } from '../../shared/store/resume-tokens.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'
import { type Adopt, adoptSignal, adoptWaiting } from '../ingest-signal/adopt.ts'
import type { DoorParts } from '../ingest-signal/handler.ts'

/** A listener stores its place more often; when it does not, nobody listens. */
const SILENT_AFTER_MS = 60_000
const WAIT_MS = 100

/** Catches up with what others wrote into `trading_signals`: from the stored place where nobody listens, then by status. */
export const collectWritten = (parts: DoorParts) => {
  const adopt = adoptSignal(parts)
  return async (log: Log): Promise<number> => {
    const place = await resumeTokenOf(parts.store, tradingSignals.name)
    const silent = place !== null && now().getTime() - place.at.getTime() > SILENT_AFTER_MS
    const followed = silent ? await follow(parts, adopt, log) : 0
    return followed + (await adoptWaiting(parts, adopt, log))
  }
}

/** Goes on at the stored place until nothing is left. What cannot be found there is found by its status. */
async function follow({ store }: DoorParts, adopt: Adopt, log: Log): Promise<number> {
  const stream = await watchForeign(store, WAIT_MS)
  let count = 0
  try {
    for (let event = await stream.tryNext(); event; event = await stream.tryNext()) {
      if ('fullDocument' in event && event.fullDocument) await adopt(event.fullDocument, log)
      await saveResumeToken(store, { _id: tradingSignals.name, token: stream.resumeToken, at: now() })
      count++
    }
    await saveResumeToken(store, { _id: tradingSignals.name, token: stream.resumeToken, at: now() })
  } catch (error) {
    log.warning('the change stream could not be followed', { error: errorText(error) })
    if (isLostPlace(error)) await dropResumeToken(store, tradingSignals.name)
  } finally {
    await stream.close()
  }
  return count
}
