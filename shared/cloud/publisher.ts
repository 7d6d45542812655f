import { PubSub, type Topic as PubsubTopic } from '@google-cloud/pubsub'
import type { Topic } from '../messages/pipeline-names.ts'

export interface Publication {
  topic: Topic
  ordering_key: string
  attributes: Record<string, string>
  data: Buffer
}

export interface Publisher {
  /** Resolves when Pub/Sub has the message; rejects after 10 s without an answer, or at once where it refuses. */
  publish(message: Publication): Promise<void>
}

/** gRPC's own waits between attempts to connect. */
const channel: Record<string, number> = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 }

/**
 * Tried again quickly and not for long: the client's own way (four times slower after each try, for a minute) keeps a signal waiting
 * long after Pub/Sub is back, and past the deadline of the step that sends it.
 */
const retry = {
  retryCodes: [1, 2, 4, 8, 10, 13, 14],
  backoffSettings: {
    initialRetryDelayMillis: 50,
    retryDelayMultiplier: 1.5,
    maxRetryDelayMillis: 1_000,
    initialRpcTimeoutMillis: 5_000,
    rpcTimeoutMultiplier: 1,
    maxRpcTimeoutMillis: 5_000,
    totalTimeoutMillis: 10_000,
  },
}

const publishers = new Map<string, Publisher>()

/** The publisher of a project, one a process: its connection and its ordering queues are shared. */
export function openPublisher(projectId: string): Publisher {
  const known = publishers.get(projectId)
  if (known) return known
  const client = new PubSub({ projectId, ...channel })
  const topics = new Map<Topic, PubsubTopic>()
  const topicOf = (name: Topic): PubsubTopic => {
    const open = topics.get(name)
    if (open) return open
    const topic = client.topic(name, {
      messageOrdering: true,
      // Sent at once: waiting to fill a batch costs more than a call of one message.
      batching: { maxMilliseconds: 0, maxMessages: 100 },
      gaxOpts: { retry },
    })
    topics.set(name, topic)
    return topic
  }
  const publisher: Publisher = {
    async publish({ topic: name, ordering_key, attributes, data }) {
      const topic = topicOf(name)
      try {
        await topic.publishMessage({ data, attributes, ...(ordering_key === '' ? {} : { orderingKey: ordering_key }) })
      } catch (error) {
        // After a failure the client refuses everything behind it on that key until it is told to go on.
        if (ordering_key !== '') topic.resumePublishing(ordering_key)
        throw error
      }
    },
  }
  publishers.set(projectId, publisher)
  return publisher
}
