import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import type { SignalAnswer } from '../../shared/messages/signal-answer.ts'
import type { BaseConfig } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import type { Flush } from '../../shared/runtime/outbox.ts'
import type { HttpAnswer } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type StoredSignal, tradingSignals } from '../../shared/store/trading-signals.ts'
import { identityOfSignature } from '../../shared/store/used-signatures.ts'
import { assertMayTrade, assertMeantForUs } from './acceptance.ts'
import { type Body, readBody } from './body.ts'
import { type Claim, claimOf, namesNobody } from './claim.ts'
import { convert } from './converters/formats.ts'
import { authenticate, type Credentials, hasCredential, type Sender } from './credentials.ts'
import { identityOf } from './identity.ts'
import { inTime } from './in-time.ts'
import { rawOf } from './raw.ts'
import { endOf, fingerprint, signatureOf } from './signature.ts'
import { standardizeLegs } from './standardize.ts'
import { type Draft, signalStorage } from './store-once.ts'

/** The answer does not wait longer for Pub/Sub: the signal is safe in the database, and the sweep sends what is left. */
const PUBLISH_BUDGET_MS = 150

export interface DoorParts {
  store: Store
  secrets: Secrets
  flush: Flush
  config: Pick<BaseConfig, 'ENVIRONMENT' | 'PUBLIC_URL'>
}

/** A signal as it comes to a door, whichever it is. */
export interface Delivery {
  rawBody: Buffer
  headers: IncomingHttpHeaders
  address: string
  /** Of the path, where it holds one. */
  path_token?: string | null
  now: Date
  log: Log
  /** Called once it is known who sends it, whatever becomes of it then. */
  onSender?: (strategy_id: string) => void
}

/**
 * Reads a signal and checks it against all that can be said at the door: read → authenticate → standardize. Nothing is written.
 * @throws Problem where it is refused
 */
export const examineSignal =
  ({ store, secrets, config }: Omit<DoorParts, 'flush'>) =>
  async (delivery: Delivery): Promise<Draft> => {
    const { rawBody, headers, now } = delivery
    const body = readBody(rawBody, headers['content-type'])
    const { strategy, signed } = await senderOf(body, delivery, { store, secrets, now })
    delivery.onSender?.(strategy.strategy_id)
    const { input, format, pathOf } = convert(body, strategy.signal_format)
    const raw = rawOf(body.fields)
    assertMeantForUs(input, { deployment: config.ENVIRONMENT, now, pathOf })
    await assertMayTrade(store, strategy)
    const legs = await standardizeLegs(store, strategy, { legs: input.legs, now, pathOf })
    const { strategy_id } = strategy
    const { sender_signal_id, sent_at, position_after } = input
    const own = identityOf({ sender_signal_id, raw, now })
    return {
      strategy_id,
      sender_signal_id,
      environment: config.ENVIRONMENT,
      source: format,
      sent_at,
      received_at: now,
      latency_ms: sent_at && now.getTime() - sent_at.getTime(),
      legs,
      position_after,
      raw,
      ...own,
      ...(signed && {
        identity: await identityOfSignature(store, {
          strategy_id,
          signature: fingerprint(signed),
          identity: own.identity,
          expires_at: endOf(signed),
        }),
      }),
      content_hash: contentHash({ legs, position_after }),
    }
  }

/** Takes a signal in: examine → store → publish → answer. @throws Problem where it is refused */
export const receiveSignal = (parts: DoorParts) => {
  const { store, flush, config } = parts
  const examine = examineSignal(parts)
  const storeOnce = signalStorage(store)
  const take = async (delivery: Delivery): Promise<HttpAnswer> => {
    const { signal, duplicate } = await storeOnce(await examine(delivery))
    crashPoint('ingest-signal:stored')
    const { strategy_id, signal_id, source } = signal
    await withinBudget(flush({ holder: tradingSignals, ordering_key: strategy_id }), delivery.log)
    const outcome = { message: duplicate ? 'signal repeated' : 'signal accepted', fields: { signal_id, strategy_id, source } }
    return { ...answerOf(signal, { duplicate, public_url: config.PUBLIC_URL }), outcome }
  }
  const answered = inTime()
  return (delivery: Delivery): Promise<HttpAnswer> => answered(take(delivery))
}

async function senderOf(body: Body, delivery: Delivery, means: { store: Store; secrets: Secrets; now: Date }): Promise<Sender> {
  const shown = credentialsOf(claimOf(body), delivery)
  if (shown.reference === null && shown.path_token === null && shown.api_key === null) throw namesNobody(body)
  if (!hasCredential(shown)) convert(body, null) // what is no signal at all is better told so than asked for a secret
  return authenticate(shown, means)
}

const credentialsOf = (claim: Claim, { headers, rawBody, address, path_token = null }: Delivery): Credentials => ({
  ...claim,
  api_key: headers['x-api-key']?.toString() || null,
  path_token,
  signed: signatureOf(headers, rawBody),
  address,
})

const hash = (value: string) => createHash('sha256').update(value).digest('hex')

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
