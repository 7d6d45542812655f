import { createHash } from 'node:crypto'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import type { SignalAnswer } from '../../shared/messages/signal-answer.ts'
import type { BaseConfig } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import type { HttpAnswer } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type StoredSignal, tradingSignals } from '../../shared/store/trading-signals.ts'
import { assertMayTrade, assertMeantForUs } from './acceptance.ts'
import { readSignal } from './converters/formats.ts'
import { authenticate } from './credentials.ts'
import type { SignalRequest } from './route.ts'
import { standardizeLegs } from './standardize.ts'
import { signalStorage } from './store-once.ts'

/** The answer does not wait longer for Pub/Sub: the signal is safe in the database, and the sweep sends what is left. */
const PUBLISH_BUDGET_MS = 150
const IDENTITY_BUCKET_MS = 60_000

interface Door {
  store: Store
  flush: Flush
  config: BaseConfig
}

/** Takes a signal in: read → authenticate → standardize → store → publish → answer. */
export const receiveSignal = ({ store, flush, config }: Door) => {
  const storeOnce = signalStorage(store)
  return async ({ rawBody, headers, address, now, log }: SignalRequest): Promise<HttpAnswer> => {
    const { input, format, raw } = readSignal(rawBody)
    const api_key = headers['x-api-key']?.toString()
    const strategy = await authenticate(store, { reference: input.strategy, passphrase: input.passphrase, api_key, address, now })
    assertMeantForUs(input, { deployment: config.ENVIRONMENT, now })
    await assertMayTrade(store, strategy)
    const legs = await standardizeLegs(store, strategy, input.legs)
    const { strategy_id } = strategy
    const content = {
      strategy_id,
      sender_signal_id: input.sender_signal_id,
      environment: config.ENVIRONMENT,
      source: format,
      sent_at: input.sent_at,
      received_at: now,
      latency_ms: input.sent_at && now.getTime() - input.sent_at.getTime(),
      legs,
      position_after: input.position_after,
    }
    const identity = identityOf({ sender_signal_id: input.sender_signal_id, rawBody, now })
    const { signal, duplicate } = await storeOnce({ ...content, raw, identity, content_hash: contentHash(content) })
    crashPoint('ingest-signal:stored')
    await withinBudget(flush({ holder: tradingSignals, ordering_key: strategy_id }), log)
    const fields = { signal_id: signal.signal_id, strategy_id, source: format }
    const outcome = { message: duplicate ? 'signal repeated' : 'signal accepted', fields }
    return { ...answerOf(signal, { duplicate, public_url: config.PUBLIC_URL }), outcome }
  }
}

const hash = (value: string | Buffer) => createHash('sha256').update(value).digest('hex')

const identityOf = ({ sender_signal_id, rawBody, now }: { sender_signal_id: string | null; rawBody: Buffer; now: Date }): string =>
  sender_signal_id === null ? `hash:${hash(rawBody)}:${Math.floor(now.getTime() / IDENTITY_BUCKET_MS)}` : `id:${sender_signal_id}`

const contentHash = ({ legs, position_after }: Pick<StandardizedSignal, 'legs' | 'position_after'>): string =>
  hash(JSON.stringify([legs.map(({ quote_at_receipt: _, ...leg }) => leg), position_after]))

/** Waits for what is being published, but not past the budget; a failure is told and left to the sweep. */
async function withinBudget(publishing: Promise<void>, log: Log): Promise<void> {
  const told = publishing.catch(error => log.warning('signal stored, not yet published', { error: errorText(error) }))
  let timer: NodeJS.Timeout | undefined
  const budget = new Promise<void>(resolve => {
    timer = setTimeout(resolve, PUBLISH_BUDGET_MS)
  })
  await Promise.race([told, budget])
  clearTimeout(timer)
}

const answerOf = (signal: StoredSignal, { duplicate, public_url }: { duplicate: boolean; public_url: string }): HttpAnswer => {
  const { signal_id, strategy_id, sender_signal_id, status, received_at, environment, legs } = signal
  const status_url = `${public_url}/api/v1/signal-senders/${strategy_id}/signals/${signal_id}`
  const body: SignalAnswer = {
    signal_id,
    status,
    received_at,
    duplicate,
    environment,
    status_url,
    echo: {
      strategy_id,
      sender_signal_id,
      legs: legs.map(({ instrument_id, instrument, action, requested_quantity: quantity, order_type }) => {
        return { instrument_id, ticker: instrument.symbol, action, quantity, order_type }
      }),
    },
  }
  return { status: duplicate ? 200 : 201, body, headers: duplicate ? {} : { location: status_url } }
}
