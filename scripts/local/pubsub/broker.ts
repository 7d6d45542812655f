import { createDeliverer, type Deliverer } from './delivery.ts'
import { compileFilter, type Filter } from './filter.ts'
import { checkPublish, type Message } from './messages.ts'
import { createPusher } from './push.ts'
import type { Delivery } from './queue.ts'
import { alreadyExists, notFound, shortName, unavailable } from './refusal.ts'
import type { Storage } from './storage.ts'
import { DELETED_TOPIC, newSubscription, updatedSubscription } from './subscriptions.ts'
import { checkName, newTopic, updatedTopic } from './topics.ts'
import type { Subscription, SubscriptionRequest, Topic, TopicRequest, WireMessage } from './wire.ts'

const EXPIRY_SWEEP_MS = 30_000

type Outlet = { deliverer: Deliverer; matches: Filter }

export type Broker = ReturnType<typeof createBroker>

/** The topics and subscriptions of all projects, in memory, each change of them stored before it is answered. */
export const createBroker = ({ storage, pushToken }: { storage: Storage; pushToken: string | undefined }) => {
  const topics = new Map<string, Topic>()
  const outlets = new Map<string, Outlet>()
  const pusher = createPusher(pushToken)
  const nextId = messageIds()

  const topic = (name: string | null | undefined) => {
    const found = topics.get(checkName(name, 'topics'))
    if (!found) throw notFound(name ?? '')
    return found
  }
  const outlet = (name: string | null | undefined) => {
    const found = outlets.get(checkName(name, 'subscriptions'))
    if (!found) throw notFound(name ?? '')
    return found
  }
  const outletsOf = (topicName: string) => outlets.values().filter(({ deliverer }) => deliverer.config().topic === topicName)

  const open = (config: Subscription) => {
    const deliverer = createDeliverer({ config, storage, pusher, forward })
    outlets.set(config.name, { deliverer, matches: compileFilter(config.filter ?? '') })
    return deliverer
  }
  const forward = (config: Subscription, delivery: Delivery) => {
    const target = config.deadLetterPolicy?.deadLetterTopic
    if (!target || !topics.has(target)) return false
    void store(target, [deadLetter(config, delivery)]).catch(() => undefined)
    return true
  }
  const store = async (topicName: string, wires: readonly WireMessage[]): Promise<string[]> => {
    const receivers = [...outletsOf(topicName)]
    const entries = wires.map(wire => {
      const message = { ...fromWire(wire), id: nextId(), publishedMs: Date.now(), holders: 0 }
      const matching = receivers.filter(({ matches }) => matches(message.attributes))
      message.holders = matching.length
      return { message, matching }
    })
    const kept = entries.filter(({ matching }) => matching.length > 0)
    if (kept.length > 0) await storage.saveMessages(kept.map(({ message, matching }) => ({ message, subscriptions: matching.map(nameOf) })))
    for (const { message, matching } of kept) for (const { deliverer } of matching) deliverer.accept(message)
    return entries.map(({ message }) => String(message.id))
  }
  const reconfigure = async ({ deliverer }: Outlet, next: Subscription) => {
    deliverer.reconfigure(next)
    await storage.saveSubscription(next)
    return next
  }

  restore()
  const sweep = setInterval(() => {
    for (const { deliverer } of outlets.values()) deliverer.dropExpired(Date.now())
  }, EXPIRY_SWEEP_MS).unref()

  function restore() {
    const stored = storage.load()
    for (const known of stored.topics) topics.set(known.name, known)
    for (const config of stored.subscriptions) open(config)
    for (const { subscription, message, attempts } of stored.deliveries) {
      nextId.after(message.id)
      outlets.get(subscription)?.deliverer.accept(message, attempts)
    }
  }

  return {
    topic,
    topics: () => [...topics.values()],
    createTopic: async (request: TopicRequest) => {
      const created = newTopic(request)
      if (topics.has(created.name)) throw alreadyExists(created.name)
      topics.set(created.name, created)
      await storage.saveTopic(created)
      return created
    },
    updateTopic: async (request: TopicRequest, paths: readonly string[]) => {
      const updated = updatedTopic(topic(request.name), request, paths)
      topics.set(updated.name, updated)
      await storage.saveTopic(updated)
      return updated
    },
    deleteTopic: async (name: string | null | undefined) => {
      const { name: gone } = topic(name)
      topics.delete(gone)
      const orphans = [...outletsOf(gone)].map(orphan => reconfigure(orphan, { ...orphan.deliverer.config(), topic: DELETED_TOPIC }))
      await Promise.all([storage.removeTopic(gone), ...orphans])
    },
    /** Resolves with the message ids once the messages are on disk; delivery starts in the same turn. */
    publish: async (topicName: string | null | undefined, messages: readonly WireMessage[]) => {
      const { name } = topic(topicName)
      checkPublish(messages)
      return store(name, messages).catch(cause => {
        throw unavailable(`The messages could not be stored: ${cause instanceof Error ? cause.cause : cause}`)
      })
    },
    subscription: (name: string | null | undefined) => outlet(name).deliverer,
    subscriptions: () => [...outlets.values()].map(({ deliverer }) => deliverer.config()),
    subscriptionsOf: (name: string | null | undefined) => [...outletsOf(topic(name).name)].map(nameOf),
    createSubscription: async (request: SubscriptionRequest) => {
      const created = newSubscription(request)
      if (outlets.has(created.name)) throw alreadyExists(created.name)
      topic(created.topic)
      if (created.deadLetterPolicy) topic(created.deadLetterPolicy.deadLetterTopic)
      open(created)
      await storage.saveSubscription(created)
      return created
    },
    updateSubscription: async (request: SubscriptionRequest, paths: readonly string[]) => {
      const current = outlet(request.name)
      const next = updatedSubscription(current.deliverer.config(), request, paths)
      if (next.deadLetterPolicy && paths.some(path => path.startsWith('dead_letter_policy'))) topic(next.deadLetterPolicy.deadLetterTopic)
      return reconfigure(current, next)
    },
    deleteSubscription: async (name: string | null | undefined) => {
      const { deliverer } = outlet(name)
      outlets.delete(deliverer.config().name)
      deliverer.remove()
      await storage.removeSubscription(deliverer.config().name)
    },
    stats: () => [...outlets.values()].map(({ deliverer }) => deliverer.stats(Date.now())),
    close: () => {
      clearInterval(sweep)
      for (const { deliverer } of outlets.values()) deliverer.close()
      pusher.close()
    },
  }
}

const nameOf = ({ deliverer }: Outlet) => deliverer.config().name

const fromWire = ({ data, attributes, orderingKey }: WireMessage): Pick<Message, 'data' | 'attributes' | 'orderingKey'> => ({
  data: data ? Buffer.from(data as Uint8Array) : Buffer.alloc(0),
  attributes: attributes ?? {},
  orderingKey: orderingKey ?? '',
})

/** Ids rise with the clock, so that they do not come again after a restart that found an empty store. */
const messageIds = () => {
  let last = 0
  const next = () => {
    last = Math.max(last + 1, Date.now() * 1000)
    return last
  }
  next.after = (id: number) => {
    last = Math.max(last, id)
  }
  return next
}

/** The message as the dead letter topic gets it: Google's attributes say where it failed, how often, and when it was first published. */
const deadLetter = (config: Subscription, { message, attempts }: Delivery): WireMessage => ({
  data: message.data,
  attributes: {
    ...message.attributes,
    CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
    CloudPubSubDeadLetterSourceSubscription: shortName(config.name),
    CloudPubSubDeadLetterSourceSubscriptionProject: config.name.split('/')[1] ?? '',
    CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishedMs).toISOString().replace('Z', '+00:00'),
  },
  orderingKey: message.orderingKey,
})
