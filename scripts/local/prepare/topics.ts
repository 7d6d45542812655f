import type { PubSub, Subscription, SubscriptionMetadata } from '@google-cloud/pubsub'
import { mayGo, type Pipeline, type Subscription as Plan } from '../../pipeline.ts'

interface Target {
  pipeline: Pipeline
  /** Where a step's messages are pushed to. */
  endpointOf: (step: string) => string
  /** How many messages a subscription still holds. */
  backlogOf: (name: string) => Promise<number>
}

const DEAD_LETTERS = 'dead-letters'
const lastPart = (name: string) => name.slice(name.lastIndexOf('/') + 1)
const seconds = (duration: number) => ({ seconds: Math.floor(duration), nanos: Math.round((duration % 1) * 1e9) })

/** What may be changed on a subscription that is there. */
const changeable = (plan: Plan, pubsub: PubSub, { endpointOf }: Target) => ({
  pushConfig: { pushEndpoint: endpointOf(plan.step) },
  ackDeadlineSeconds: plan.ack_deadline_s,
  retryPolicy: { minimumBackoff: seconds(plan.retry.min_backoff_s), maximumBackoff: seconds(plan.retry.max_backoff_s) },
  deadLetterPolicy:
    plan.dead_letter_after === null
      ? null
      : { deadLetterTopic: `projects/${pubsub.projectId}/topics/${DEAD_LETTERS}`, maxDeliveryAttempts: plan.dead_letter_after },
})

/** Makes topics and push subscriptions as the plan has them; changes what differs, and leaves what is right alone. */
export async function applyTopics(pubsub: PubSub, target: Target): Promise<void> {
  const { topics } = target.pipeline
  const subscriptions = target.pipeline.subscriptions.filter(({ idle }) => !idle)
  const [[knownTopics], [known]] = await Promise.all([pubsub.getTopics(), pubsub.getSubscriptions()])
  const topicNames = new Set(knownTopics.map(({ name }) => lastPart(name)))
  await Promise.all(topics.filter(name => !topicNames.has(name)).map(name => pubsub.createTopic(name)))
  await Promise.all(
    subscriptions.map(plan => {
      const there = known.find(({ name }) => lastPart(name) === plan.name)
      return there ? adjust(there, plan, { pubsub, target }) : create(plan, { pubsub, target })
    }),
  )
  const planned = new Set(subscriptions.map(({ name }) => name))
  await Promise.all(known.filter(({ name }) => !planned.has(lastPart(name))).map(subscription => dropUnplanned(subscription, target)))
}

/** What a version in shadow has not decided when it is taken away, or a step without an aim has not done, nobody misses. */
const dropUnplanned = async (subscription: Subscription, target: Target) => {
  if (mayGo(target.pipeline, lastPart(subscription.name))) await subscription.delete()
  else await removeEmpty(subscription, target)
}

interface Place {
  pubsub: PubSub
  target: Target
}

const create = async (plan: Plan, { pubsub, target }: Place) => {
  const { deadLetterPolicy, ...rest } = changeable(plan, pubsub, target)
  await pubsub.topic(plan.topic).createSubscription(plan.name, {
    ...rest,
    ...(deadLetterPolicy && { deadLetterPolicy }),
    enableMessageOrdering: plan.ordered,
    ...(plan.filter && { filter: plan.filter }),
  })
}

const adjust = async (subscription: Subscription, plan: Plan, { pubsub, target }: Place) => {
  const { metadata = {} } = subscription
  if (!sameForever(metadata, plan)) {
    // Pub/Sub changes neither of these: it takes a new subscription, and what waits in the old one would be lost.
    await removeEmpty(subscription, target)
    return create(plan, { pubsub, target })
  }
  const wanted = changeable(plan, pubsub, target)
  if (!isAs(metadata, wanted)) await subscription.setMetadata(wanted as SubscriptionMetadata)
}

type Known = NonNullable<Subscription['metadata']>

const sameForever = ({ filter, enableMessageOrdering }: Known, plan: Plan) =>
  (filter ?? '') === (plan.filter ?? '') && (enableMessageOrdering ?? false) === plan.ordered

const isAs = (metadata: Known, { pushConfig, ackDeadlineSeconds, retryPolicy, deadLetterPolicy }: ReturnType<typeof changeable>) => {
  const waits = (policy: Known['retryPolicy']) => [policy?.minimumBackoff, policy?.maximumBackoff].map(inMs)
  return (
    metadata.pushConfig?.pushEndpoint === pushConfig.pushEndpoint &&
    metadata.ackDeadlineSeconds === ackDeadlineSeconds &&
    String(waits(metadata.retryPolicy)) === String(waits(retryPolicy)) &&
    (metadata.deadLetterPolicy?.maxDeliveryAttempts ?? null) === (deadLetterPolicy?.maxDeliveryAttempts ?? null)
  )
}

const inMs = (duration: { seconds?: unknown; nanos?: number | null } | null | undefined) =>
  Number(duration?.seconds ?? 0) * 1000 + Number(duration?.nanos ?? 0) / 1e6

const removeEmpty = async (subscription: Subscription, { backlogOf }: Target) => {
  const name = lastPart(subscription.name)
  const waiting = await backlogOf(name)
  if (waiting > 0) {
    throw new Error(
      `${waiting} messages wait in subscription ${name}, which pipeline.yaml no longer has as it is. Let the version before empty it.`,
    )
  }
  await subscription.delete()
}
