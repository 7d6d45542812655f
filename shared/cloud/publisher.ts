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

const publishers = new Map<string, Publisher>()

/** The publisher of a project, one a process: its connection and its ordering queues are shared. */
export function openPublisher(projectId: string): Publisher {
  const known = publishers.get(projectId)
  if (known) return known
  const client = new PubSub({ projectId })
  const topics = new Map<Topic, PubsubTopic>()
  const topicOf = (name: Topic): PubsubTopic => {
    const open = topics.get(name)
    if (open) return open
    const topic = client.topic(name, {
      messageOrdering: true,
      // Sent at once: waiting to fill a batch costs more than a call of one message.
      batching: { maxMilliseconds: 0, maxMessages: 100 },
      gaxOpts: { timeout: 10_000 },
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
