import type { google } from '@google-cloud/pubsub/build/protos/protos.js'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { type Handlers, implementation, refusalOf } from '../grpc-service.ts'
import type { Broker } from './broker.ts'
import { failedPrecondition, invalid } from './refusal.ts'
import { type PullStream, streamingPull } from './streaming-pull.ts'
import { loadServices } from './wire.ts'

const MAX_REQUEST_BYTES = 32 * 1024 * 1024
const PULL_WAIT_MS = 20_000
const NOTHING = {}
const SERVER = 'local Pub/Sub server'

/** Says plainly which port is taken; any other error stays as it is. */
export const inUse = (error: Error, port: number) =>
  /EADDRINUSE/u.test(error.message) ? new Error(`port ${port} is in use`, { cause: error }) : error

/** The gRPC server of google.pubsub.v1 over a broker, bound to a loopback port (0 = any). Resolves with the port. */
export const serveApi = async (broker: Broker, port: number) => {
  const services = loadServices()
  // A message may have 10 MB; the broker, not the transport, says what is too large.
  const server = new Server({ 'grpc.max_receive_message_length': MAX_REQUEST_BYTES, 'grpc.max_send_message_length': -1 })
  server.addService(services.publisher, implementation(services.publisher, publisherHandlers(broker), SERVER))
  server.addService(services.subscriber, {
    ...implementation(services.subscriber, subscriberHandlers(broker), SERVER),
    StreamingPull: streamed(streamingPull(subscription => pullable(broker, subscription))),
  })
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, actual) =>
      error ? reject(inUse(error, port)) : resolve(actual),
    )
  })
  return { port: bound, close: () => server.forceShutdown() }
}

const publisherHandlers = (broker: Broker) =>
  ({
    CreateTopic: (topic: google.pubsub.v1.ITopic) => broker.createTopic(topic),
    GetTopic: ({ topic }: google.pubsub.v1.IGetTopicRequest) => broker.topic(topic),
    UpdateTopic: ({ topic, updateMask }: google.pubsub.v1.IUpdateTopicRequest) => broker.updateTopic(topic ?? {}, updateMask?.paths ?? []),
    ListTopics: (request: google.pubsub.v1.IListTopicsRequest) => {
      const { page, nextPageToken } = paged(inProject(broker.topics(), request.project), request, ({ name }) => name)
      return { topics: page, nextPageToken }
    },
    ListTopicSubscriptions: (request: google.pubsub.v1.IListTopicSubscriptionsRequest) => {
      const { page, nextPageToken } = paged(broker.subscriptionsOf(request.topic), request, name => name)
      return { subscriptions: page, nextPageToken }
    },
    DeleteTopic: ({ topic }: google.pubsub.v1.IDeleteTopicRequest) => broker.deleteTopic(topic).then(() => NOTHING),
    Publish: async ({ topic, messages }: google.pubsub.v1.IPublishRequest) => ({ messageIds: await broker.publish(topic, messages ?? []) }),
  }) satisfies Handlers

const subscriberHandlers = (broker: Broker) =>
  ({
    CreateSubscription: (subscription: google.pubsub.v1.ISubscription) => broker.createSubscription(subscription),
    GetSubscription: ({ subscription }: google.pubsub.v1.IGetSubscriptionRequest) => broker.subscription(subscription).config(),
    UpdateSubscription: ({ subscription, updateMask }: google.pubsub.v1.IUpdateSubscriptionRequest) =>
      broker.updateSubscription(subscription ?? {}, updateMask?.paths ?? []),
    ListSubscriptions: (request: google.pubsub.v1.IListSubscriptionsRequest) => {
      const { page, nextPageToken } = paged(inProject(broker.subscriptions(), request.project), request, ({ name }) => name)
      return { subscriptions: page, nextPageToken }
    },
    DeleteSubscription: ({ subscription }: google.pubsub.v1.IDeleteSubscriptionRequest) =>
      broker.deleteSubscription(subscription).then(() => NOTHING),
    ModifyPushConfig: ({ subscription, pushConfig }: google.pubsub.v1.IModifyPushConfigRequest) =>
      broker.updateSubscription({ name: subscription ?? '', pushConfig: pushConfig ?? {} }, ['push_config']).then(() => NOTHING),
    Pull: async ({ subscription, maxMessages, returnImmediately }: google.pubsub.v1.IPullRequest, signal: AbortSignal) => {
      const deliverer = pullable(broker, subscription)
      if (!maxMessages || maxMessages < 1) throw invalid(`Invalid max_messages (${maxMessages ?? 0}): it must be at least 1.`)
      return {
        receivedMessages: await deliverer.pull({ most: Math.min(maxMessages, 1000), waitMs: returnImmediately ? 0 : PULL_WAIT_MS, signal }),
      }
    },
    Acknowledge: ({ subscription, ackIds }: google.pubsub.v1.IAcknowledgeRequest) =>
      broker
        .subscription(subscription)
        .acknowledge(givenIds(ackIds))
        .then(() => NOTHING),
    ModifyAckDeadline: ({ subscription, ackIds, ackDeadlineSeconds }: google.pubsub.v1.IModifyAckDeadlineRequest) => {
      const seconds = ackDeadlineSeconds ?? 0
      if (seconds < 0 || seconds > 600) throw invalid(`Invalid ack deadline given: (ack_deadline_seconds=${seconds}); it must be 0 to 600.`)
      broker.subscription(subscription).modifyDeadline(givenIds(ackIds), seconds)
      return NOTHING
    },
  }) satisfies Handlers

const pullable = (broker: Broker, subscription: string | null | undefined) => {
  const deliverer = broker.subscription(subscription)
  if (deliverer.config().pushConfig.pushEndpoint) throw failedPrecondition('This method is not supported for this subscription type.')
  return deliverer
}

const givenIds = (ackIds: string[] | null | undefined) => {
  if (!ackIds?.length) throw invalid('No ack ids specified.')
  return ackIds
}

const inProject = <T extends { name: string }>(items: readonly T[], project: string | null | undefined) => {
  if (!project?.startsWith('projects/')) throw invalid(`Invalid [projects] name: (name=${project ?? ''})`)
  return items.filter(({ name }) => name.startsWith(`${project}/`))
}

type PageRequest = { pageSize?: number | null; pageToken?: string | null }

/** One page by name; the token is the last name of the page before. */
const paged = <T>(items: readonly T[], { pageSize, pageToken }: PageRequest, nameOf: (item: T) => string) => {
  const rest = items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)).filter(item => !pageToken || nameOf(item) > pageToken)
  const page = rest.slice(0, Math.min(pageSize || 1000, 1000))
  const last = page.at(-1)
  return { page, nextPageToken: page.length < rest.length && last !== undefined ? nameOf(last) : '' }
}

const streamed = (handle: (call: PullStream, fail: (error: unknown) => void) => void) => (call: PullStream) =>
  handle(call, error => void call.emit('error', refusalOf(error, SERVER)))
