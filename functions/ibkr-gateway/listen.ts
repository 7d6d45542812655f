import type { ChangeStream, ChangeStreamInsertDocument, Document } from 'mongodb'
import type { Background } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText, logOf } from '../../shared/runtime/log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type ForeignSignal, isLostPlace, watchForeign } from '../../shared/store/foreign-signals.ts'
import { dropResumeToken, saveResumeToken } from '../../shared/store/resume-tokens.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'

const WAIT_MS = 1_000
/** A place is stored this often where nothing comes, so that it does not fall behind what the database keeps. */
const STORE_EVERY_MS = 20_000

interface Listening {
  store: Store
  adopt(document: ForeignSignal): Promise<void>
  /** Takes in by status what no stream told of. */
  catchUp(): Promise<void>
}

/**
 * Follows what others insert into `trading_signals`. The place is stored after a signal was taken in, so that a death in between only shows the
 * same document again; where the place is lost, or there is none yet, what was missed is found by its status.
 */
export const listenForSignals =
  ({ store, adopt, catchUp }: Listening): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    const stream = await watchForeign(store, WAIT_MS)
    ending.addEventListener('abort', () => void stream.close(), { once: true })
    try {
      // The stream stands before the others are looked for, so that nothing comes in between unseen.
      const first = await nextOf(stream)
      await catchUp()
      await follow(stream, { store, adopt, ending, first })
    } catch (error) {
      if (isLostPlace(error)) {
        log.warning('the place in the change stream is lost', { error: errorText(error) })
        await dropResumeToken(store, tradingSignals.name)
      }
      throw error
    } finally {
      await stream.close()
    }
  }

const nextOf = (stream: ChangeStream) => stream.tryNext() as Promise<ChangeStreamInsertDocument<Document> | null>

interface Following extends Pick<Listening, 'store' | 'adopt'> {
  ending: AbortSignal
  first: ChangeStreamInsertDocument<Document> | null
}

async function follow(stream: ChangeStream, { store, adopt, ending, first }: Following): Promise<void> {
  let event = first
  let stored = 0
  while (!ending.aborted) {
    if (event) await adopt(event.fullDocument)
    const at = now()
    if (event || at.getTime() - stored > STORE_EVERY_MS) {
      await saveResumeToken(store, { _id: tradingSignals.name, token: stream.resumeToken, at })
      stored = at.getTime()
    }
    event = await nextOf(stream)
  }
}
