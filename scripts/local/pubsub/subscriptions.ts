import { compileFilter } from './filter.ts'
import { invalid, unimplemented } from './refusal.ts'
import { checkName } from './topics.ts'
import { type Duration, durationMs, type PushConfig, type Subscription, type SubscriptionRequest } from './wire.ts'

/** What a subscription shows once its topic is gone. */
export const DELETED_TOPIC = '_deleted-topic_'

const IMMUTABLE = ['name', 'topic', 'filter', 'enable_message_ordering', 'detached', 'tags']
const MUTABLE = new Map<string, keyof SubscriptionRequest>([
  ['push_config', 'pushConfig'],
  ['ack_deadline_seconds', 'ackDeadlineSeconds'],
  ['labels', 'labels'],
  ['retain_acked_messages', 'retainAckedMessages'],
  ['message_retention_duration', 'messageRetentionDuration'],
  ['expiration_policy', 'expirationPolicy'],
  ['dead_letter_policy', 'deadLetterPolicy'],
  ['retry_policy', 'retryPolicy'],
  ['enable_exactly_once_delivery', 'enableExactlyOnceDelivery'],
  ['bigquery_config', 'bigqueryConfig'],
  ['cloud_storage_config', 'cloudStorageConfig'],
  ['bigtable_config', 'bigtableConfig'],
  ['message_transforms', 'messageTransforms'],
])
const DAY_S = 86_400

/** A subscription as asked for in CreateSubscription: checked, with Google's defaults filled in. */
export const newSubscription = (request: SubscriptionRequest): Subscription => checked(request)

/** The subscription after UpdateSubscription: only what the mask names is taken from the request, and the whole is checked again. */
export const updatedSubscription = (current: Subscription, request: SubscriptionRequest, paths: readonly string[]): Subscription => {
  const refuse = (why: string) => invalid(`Invalid update_mask provided in the UpdateSubscriptionRequest: ${why}`)
  if (paths.length === 0) {
    throw invalid('The update_mask in the UpdateSubscriptionRequest must be set, and must contain a non-empty paths list.')
  }
  const next: Record<string, unknown> = { ...current }
  for (const path of paths) {
    if (IMMUTABLE.includes(path)) throw refuse(`the '${path}' field in the Subscription is not mutable.`)
    const field = MUTABLE.get(path)
    if (!field) {
      throw refuse(
        `${path} is not a known Subscription field. Note that field paths must be of the form 'push_config' rather than 'pushConfig'.`,
      )
    }
    next[field] = request[field]
  }
  return checked(next)
}

const checked = (request: SubscriptionRequest): Subscription => {
  refuseUnimplemented(request)
  compileFilter(request.filter ?? '')
  const ackDeadlineSeconds = request.ackDeadlineSeconds || 10
  if (ackDeadlineSeconds < 10 || ackDeadlineSeconds > 600) {
    throw invalid(`Invalid ack deadline given: (ack_deadline_seconds=${ackDeadlineSeconds}); it must be between 10 and 600 seconds.`)
  }
  return {
    ...request,
    ...policies(request),
    name: checkName(request.name, 'subscriptions'),
    topic: request.topic === DELETED_TOPIC ? DELETED_TOPIC : checkName(request.topic, 'topics'),
    pushConfig: checkedPush(request.pushConfig ?? {}),
    ackDeadlineSeconds,
    messageRetentionDuration: between(request.messageRetentionDuration, 'message_retention_duration', 600, 31 * DAY_S, 7 * DAY_S),
    expirationPolicy: request.expirationPolicy ?? { ttl: seconds(31 * DAY_S) },
    state: 'ACTIVE',
  }
}

const refuseUnimplemented = (request: SubscriptionRequest) => {
  if (request.enableExactlyOnceDelivery) throw unimplemented('Exactly-once delivery')
  if (request.bigqueryConfig) throw unimplemented('BigQuery export')
  if (request.cloudStorageConfig) throw unimplemented('Cloud Storage export')
  if (request.bigtableConfig) throw unimplemented('Bigtable export')
  if (request.messageTransforms?.length) throw unimplemented('message_transforms')
  if (request.pushConfig?.noWrapper) throw unimplemented('push_config.no_wrapper')
}

const policies = ({ deadLetterPolicy, retryPolicy }: SubscriptionRequest): SubscriptionRequest => ({
  ...(retryPolicy && {
    retryPolicy: {
      minimumBackoff: between(retryPolicy.minimumBackoff, 'minimum_backoff', 0, 600, 10),
      maximumBackoff: between(retryPolicy.maximumBackoff, 'maximum_backoff', 0, 600, 600),
    },
  }),
  ...(deadLetterPolicy && { deadLetterPolicy: checkedDeadLetter(deadLetterPolicy) }),
})

const checkedDeadLetter = (policy: NonNullable<SubscriptionRequest['deadLetterPolicy']>) => {
  const maxDeliveryAttempts = policy.maxDeliveryAttempts || 5
  if (maxDeliveryAttempts < 5 || maxDeliveryAttempts > 100) {
    throw invalid(`Invalid max_delivery_attempts (${maxDeliveryAttempts}): it must be between 5 and 100.`)
  }
  return { deadLetterTopic: checkName(policy.deadLetterTopic, 'topics'), maxDeliveryAttempts }
}

const checkedPush = (config: PushConfig): PushConfig => {
  if (!config.pushEndpoint) return {}
  const protocol = URL.parse(config.pushEndpoint)?.protocol
  // Google asks for https; endpoints of the machine itself speak http.
  if (protocol !== 'http:' && protocol !== 'https:') throw invalid(`Invalid push endpoint given: (endpoint=${config.pushEndpoint}).`)
  return { ...config, attributes: { 'x-goog-version': 'v1', ...config.attributes } }
}

const seconds = (count: number): Duration => ({ seconds: String(count), nanos: 0 })

const between = (duration: Duration | null | undefined, field: string, least: number, most: number, fallback: number): Duration => {
  const ms = durationMs(duration, fallback * 1000)
  if (ms < least * 1000 || ms > most * 1000) throw invalid(`Invalid ${field}: it must be between ${least} and ${most} seconds.`)
  return duration ?? seconds(fallback)
}
