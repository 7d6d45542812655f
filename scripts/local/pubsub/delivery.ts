import { createLeases } from './leases.ts'
import { type Message, toPushBody, toWire } from './messages.ts'
import { createPacing } from './pacing.ts'
import type { Pusher } from './push.ts'
import { createQueue, type Delivery } from './queue.ts'
import type { Storage } from './storage.ts'
import { durationMs, type ReceivedMessage, type Subscription } from './wire.ts'

type Surroundings = {
  config: Subscription
  storage: Storage
  pusher: Pusher
  /** Publishes a message that failed too often to the dead letter topic; false where that topic is gone. */
  forward: (config: Subscription, delivery: Delivery) => boolean
}
type Waiting = { most: number; answer: (messages: ReceivedMessage[]) => void }

/** What the status view shows of one subscription. `oldest_age_ms` is the age of its oldest unacknowledged message, 0 without one. */
export type SubscriptionStats = { subscription: string; backlog: number; oldest_age_ms: number; outstanding: number }

export type Deliverer = ReturnType<typeof createDeliverer>

/** Delivers one subscription's messages, by push or to waiting pulls, until each is acknowledged, forwarded as a dead letter, or too old. */
export const createDeliverer = ({ config: initial, storage, pusher, forward }: Surroundings) => {
  let config = initial
  let closed = false
  let deleted = false
  let resume: NodeJS.Timeout | undefined
  const pacing = createPacing()
  const waiting = new Set<Waiting>()
  const queue = createQueue({ ordered: config.enableMessageOrdering === true, onReady: () => pump() })
  const leases = createLeases(delivery => failed(delivery))

  const pump = () => {
    if (closed) return
    if (config.pushConfig.pushEndpoint) pumpPushes()
    else if (waiting.size > 0) setImmediate(pumpPulls)
  }
  const pumpPushes = () => {
    while (queue.outstanding() < pacing.limit()) {
      const pauseMs = pacing.pauseMs(Date.now())
      if (pauseMs > 0) return resumeIn(pauseMs)
      const delivery = queue.take()
      if (!delivery) return
      void push(delivery)
    }
  }
  const resumeIn = (ms: number) => {
    resume ??= setTimeout(() => {
      resume = undefined
      pump()
    }, ms)
  }
  const push = async (delivery: Delivery) => {
    const body = toPushBody(delivery.message, config.name, attemptShown(delivery))
    const endpoint = config.pushConfig.pushEndpoint ?? ''
    const acknowledged = await pusher.post({ endpoint, body, deadlineMs: config.ackDeadlineSeconds * 1000 })
    if (closed || delivery.state !== 'outstanding') return
    if (acknowledged) pacing.succeeded()
    else pacing.failed(Date.now(), !config.retryPolicy)
    if (acknowledged) settle(delivery)
    else failed(delivery)
    pump()
  }
  const pumpPulls = () => {
    for (const pull of waiting) {
      const messages = takeLeased(pull.most)
      if (messages.length === 0) return
      waiting.delete(pull)
      pull.answer(messages)
    }
  }
  const takeLeased = (most: number): ReceivedMessage[] => {
    const taken: ReceivedMessage[] = []
    while (taken.length < most && !closed) {
      const delivery = queue.take()
      if (!delivery) break
      const deliveryAttempt = attemptShown(delivery)
      const ackId = leases.grant(delivery, config.ackDeadlineSeconds * 1000)
      taken.push({ ackId, message: toWire(delivery.message), ...(deliveryAttempt && { deliveryAttempt }) })
    }
    return taken
  }
  const attemptShown = (delivery: Delivery) => (config.deadLetterPolicy ? delivery.attempts + 1 : undefined)

  const settle = (delivery: Delivery) => {
    storage.settle(config.name, delivery.message)
    queue.settle(delivery)
  }
  const failed = (delivery: Delivery) => {
    delivery.attempts += 1
    const most = config.deadLetterPolicy?.maxDeliveryAttempts
    // Forwarded and settled in one turn, which is one transaction.
    if (most && delivery.attempts >= most && forward(config, delivery)) return settle(delivery)
    storage.saveAttempts(config.name, delivery.message, delivery.attempts)
    queue.retry(delivery, backoffMs(config, delivery.attempts))
  }

  const close = () => {
    closed = true
    clearTimeout(resume)
    leases.clear()
    queue.clear()
    for (const pull of waiting) pull.answer([])
  }

  return {
    config: () => config,
    accept: (message: Message, attempts = 0) => {
      if (deleted) storage.settle(config.name, message)
      else if (!closed) queue.add(message, attempts)
    },
    /** Up to `most` messages: at once where there are any (or `waitMs` is 0), else the first that come, or none when the time is over. */
    pull: ({ most, waitMs, signal }: { most: number; waitMs: number; signal: AbortSignal }): Promise<ReceivedMessage[]> => {
      const taken = takeLeased(most)
      if (taken.length > 0 || waitMs === 0) return Promise.resolve(taken)
      return new Promise(resolve => {
        const pull: Waiting = { most, answer: messages => finish(messages) }
        const giveUp = () => finish([])
        const timer = setTimeout(giveUp, waitMs)
        const finish = (messages: ReceivedMessage[]) => {
          clearTimeout(timer)
          signal.removeEventListener('abort', giveUp)
          waiting.delete(pull)
          resolve(messages)
        }
        signal.addEventListener('abort', giveUp)
        waiting.add(pull)
      })
    },
    /** Resolves when the acknowledgements are on disk. */
    acknowledge: (ackIds: readonly string[]): Promise<void> => {
      for (const delivery of ackIds.map(leases.end)) {
        if (delivery) settle(delivery)
      }
      return storage.settled()
    },
    /** 0 s gives the messages back at once. */
    modifyDeadline: (ackIds: readonly string[], seconds: number) => {
      for (const ackId of ackIds) {
        if (seconds > 0) {
          leases.extend(ackId, seconds * 1000)
          continue
        }
        const delivery = leases.end(ackId)
        if (delivery) failed(delivery)
      }
    },
    reconfigure: (next: Subscription) => {
      config = next
      pump()
    },
    /** Drops what is older than the subscription keeps; what is being delivered just now is left alone. */
    dropExpired: (nowMs: number) => {
      const oldest = nowMs - durationMs(config.messageRetentionDuration, 0)
      for (const delivery of queue.unsettled()) {
        if (delivery.message.publishedMs >= oldest) return
        if (delivery.state !== 'outstanding') settle(delivery)
      }
    },
    close,
    /** Closes and lets go of the messages still held; their rows go with the subscription's. */
    remove: () => {
      for (const { message } of queue.unsettled()) message.holders -= 1
      deleted = true
      close()
    },
    stats: (nowMs: number): SubscriptionStats => {
      const oldest = queue.unsettled().next().value?.message.publishedMs
      return {
        subscription: config.name,
        backlog: queue.size(),
        oldest_age_ms: oldest === undefined ? 0 : Math.max(0, nowMs - oldest),
        outstanding: queue.outstanding(),
      }
    },
  }
}

/** Milliseconds until the next delivery after `attempts` failures: at once without a retry policy, else doubling from its minimum to its maximum. */
const backoffMs = ({ retryPolicy }: Subscription, attempts: number) => {
  if (!retryPolicy) return 0
  const least = durationMs(retryPolicy.minimumBackoff, 10_000)
  return Math.min(durationMs(retryPolicy.maximumBackoff, 600_000), least * 2 ** Math.min(attempts - 1, 30))
}
