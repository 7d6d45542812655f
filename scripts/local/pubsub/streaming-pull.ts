import type { google } from '@google-cloud/pubsub/build/protos/protos.js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Deliverer } from './delivery.ts'

type Asked = google.pubsub.v1.IStreamingPullRequest
export type PullStream = ServerDuplexStream<Asked, google.pubsub.v1.IStreamingPullResponse>

const MOST_AT_ONCE = 1000
const WAIT_MS = 20_000

/** Gives a stream what comes to the subscription that its first request names, until either side ends it. */
export const streamingPull = (deliverer: (subscription: string | null | undefined) => Deliverer) => (call: PullStream, fail: Fail) => {
  const gone = new AbortController()
  const end = () => gone.abort()
  let first: Asked | undefined
  call.on('data', (asked: Asked) => {
    try {
      if (!first) {
        first = asked
        deliverer(asked.subscription)
        give(call, { asked, gone: gone.signal, of: () => deliverer(asked.subscription) }).catch(fail)
      }
      settle(deliverer(first.subscription), asked)
    } catch (error) {
      end()
      fail(error)
    }
  })
  call.on('cancelled', end)
  call.on('error', end)
  call.on('end', () => {
    end()
    call.end()
  })
}

type Fail = (error: unknown) => void
type Giving = { asked: Asked; gone: AbortSignal; of: () => Deliverer }

/** The subscription is looked up each time: one that was deleted meanwhile ends the stream. */
const give = async (call: PullStream, { asked, gone, of }: Giving) => {
  const most = Math.min(Number(asked.maxOutstandingMessages) || MOST_AT_ONCE, MOST_AT_ONCE)
  while (!gone.aborted) {
    const messages = await of().pull({ most, waitMs: WAIT_MS, signal: gone })
    const ackIds = messages.flatMap(({ ackId }) => ackId ?? [])
    if (ackIds.length === 0) continue
    if (gone.aborted) return of().modifyDeadline(ackIds, 0)
    if (asked.streamAckDeadlineSeconds) of().modifyDeadline(ackIds, asked.streamAckDeadlineSeconds)
    const subscriptionProperties = { messageOrderingEnabled: of().config().enableMessageOrdering === true }
    if (!call.write({ receivedMessages: messages, subscriptionProperties })) await drained(call, gone)
  }
}

const drained = (call: PullStream, gone: AbortSignal) =>
  new Promise<void>(resolve => {
    call.once('drain', resolve)
    gone.addEventListener('abort', () => resolve(), { once: true })
  })

/** Older clients acknowledge on the stream itself. */
const settle = (deliverer: Deliverer, { ackIds, modifyDeadlineAckIds, modifyDeadlineSeconds }: Asked) => {
  if (ackIds?.length) void deliverer.acknowledge(ackIds)
  for (const [index, ackId] of (modifyDeadlineAckIds ?? []).entries())
    deliverer.modifyDeadline([ackId], modifyDeadlineSeconds?.[index] ?? 0)
}
