import { setTimeout as wait } from 'node:timers/promises'
import { type Broker, BrokerConnectionError, type StreamReport } from '../../shared/brokers/broker.ts'
import { errorText } from '../../shared/runtime/log.ts'

/** A stream that told nothing for so long, not even that it lives, is dead. */
const SILENT_MS = 25_000
const LOOK_EVERY_MS = 1_000
const ANSWER_WITHIN_MS = 10_000
const AGAIN_AFTER_MS = [1_000, 2_000, 5_000, 10_000, 20_000]
/** One that lived so long is opened again at once when it breaks. */
const STEADY_MS = 60_000

export interface Held {
  broker: () => Promise<Broker>
  accounts: readonly string[]
  take(report: StreamReport): void
  /** Everything is asked for once the stream stands, so that nothing is missed between the two. */
  opened(broker: Broker): Promise<void>
  lost(reason: string): Promise<void>
  silentMs?: number
  againAfterMs?: readonly number[]
}

/** Holds a broker's stream for as long as it is told to: one that breaks, or falls silent, is opened again after a while. */
export async function holdStream(held: Held, ending: AbortSignal): Promise<void> {
  const pauses = held.againAfterMs ?? AGAIN_AFTER_MS
  for (let failures = 0; !ending.aborted; failures++) {
    const began = performance.now()
    const reason = await holdOnce(held, ending).catch(errorText)
    if (ending.aborted) return
    if (performance.now() - began > STEADY_MS) failures = 0
    await held.lost(reason)
    await wait(pauses[Math.min(failures, pauses.length - 1)], undefined, { signal: ending }).catch(() => undefined)
  }
}

/** Opens the stream and stays until it breaks; why it did. */
async function holdOnce(held: Held, ending: AbortSignal): Promise<string> {
  const broker = await within(held.broker())
  await within(broker.connect())
  if (!broker.stream) return 'NO_STREAM'
  const broken = watchdog(held.silentMs ?? SILENT_MS, ending)
  const opening = broker.stream(held.accounts, report => {
    broken.heard()
    held.take(report)
    if (report.kind === 'status' && report.status !== 'CONNECTED') broken.tell(report.status)
  })
  try {
    const close = await within(opening)
    try {
      await held.opened(broker)
      return await broken.reason
    } finally {
      await within(close()).catch(() => undefined)
    }
  } catch (error) {
    // One that opens too late is not left open.
    opening.then(close => close()).catch(() => undefined)
    throw error
  } finally {
    broken.end()
  }
}

/** Tells when a stream ended: it said so, said nothing for too long, or nobody wants it any more. */
function watchdog(silentMs: number, ending: AbortSignal) {
  const { promise, resolve } = Promise.withResolvers<string>()
  let heardAt = performance.now()
  const look = () => {
    const silent = performance.now() - heardAt
    if (silent > silentMs) resolve(`nothing heard for ${Math.round(silent)} ms`)
  }
  const timer = setInterval(look, Math.min(LOOK_EVERY_MS, silentMs / 4))
  const stop = () => resolve('no longer wanted')
  ending.addEventListener('abort', stop, { once: true })
  return {
    reason: promise,
    heard: () => {
      heardAt = performance.now()
    },
    tell: (status: string) => resolve(`the stream says ${status}`),
    end: () => {
      clearInterval(timer)
      ending.removeEventListener('abort', stop)
    },
  }
}

const within = <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new BrokerConnectionError(`no answer from the broker in ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
