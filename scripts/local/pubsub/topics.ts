import { invalid, unimplemented } from './refusal.ts'
import type { Topic, TopicRequest } from './wire.ts'

const NAME = /^projects\/[^/]+\/(topics|subscriptions)\/(?!goog)[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/u

/** Refuses a name that Google would refuse. */
export const checkName = (name: string | null | undefined, kind: 'topics' | 'subscriptions'): string => {
  if (!name || NAME.exec(name)?.[1] !== kind) throw invalid(`Invalid [${kind}] name: (name=${name ?? ''})`)
  return name
}

const MUTABLE = new Map<string, keyof TopicRequest>([
  ['labels', 'labels'],
  ['message_retention_duration', 'messageRetentionDuration'],
  ['message_storage_policy', 'messageStoragePolicy'],
])
const REFUSED = { schemaSettings: 'Schemas', ingestionDataSourceSettings: 'Ingestion', kmsKeyName: 'kms_key_name' } as const

const checked = (topic: TopicRequest): Topic => {
  for (const [field, feature] of Object.entries(REFUSED)) {
    if (topic[field as keyof typeof REFUSED]) throw unimplemented(feature)
  }
  if (topic.messageTransforms?.length) throw unimplemented('message_transforms')
  return { ...topic, name: checkName(topic.name, 'topics'), state: 'ACTIVE' }
}

/** A topic as asked for in CreateTopic, checked. */
export const newTopic = (request: TopicRequest): Topic => checked(request)

/** The topic after UpdateTopic: only the fields named in the mask are taken from the request. */
export const updatedTopic = (current: Topic, request: TopicRequest, paths: readonly string[]): Topic => {
  if (paths.length === 0) throw invalid('The update_mask in the UpdateTopicRequest must be set, and must contain a non-empty paths list.')
  const next: Record<string, unknown> = { ...current }
  for (const path of paths) {
    const field = MUTABLE.get(path)
    if (!field) throw invalid(`Invalid update_mask provided in the UpdateTopicRequest: the '${path}' field in the Topic is not mutable.`)
    next[field] = request[field]
  }
  return checked(next)
}
