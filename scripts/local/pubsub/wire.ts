import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { google } from '@google-cloud/pubsub/build/protos/protos.js'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

export type Topic = google.pubsub.v1.ITopic & { name: string }
export type TopicRequest = google.pubsub.v1.ITopic
export type SubscriptionRequest = google.pubsub.v1.ISubscription
export type PushConfig = google.pubsub.v1.IPushConfig
export type WireMessage = google.pubsub.v1.IPubsubMessage
export type ReceivedMessage = google.pubsub.v1.IReceivedMessage
export type Duration = google.protobuf.IDuration

/** A subscription as this server keeps and returns it: every default filled in. */
export type Subscription = SubscriptionRequest & {
  name: string
  topic: string
  pushConfig: PushConfig
  ackDeadlineSeconds: number
  messageRetentionDuration: Duration
}

/** The service definitions of google.pubsub.v1, from the description that the official client ships. */
export const loadServices = () => {
  const file = createRequire(import.meta.url).resolve('@google-cloud/pubsub/build/protos/protos.json')
  const definitions = fromJSON(JSON.parse(readFileSync(file, 'utf8')), { longs: String, enums: String, defaults: false, oneofs: true })
  return {
    publisher: definitions['google.pubsub.v1.Publisher'] as ServiceDefinition,
    subscriber: definitions['google.pubsub.v1.Subscriber'] as ServiceDefinition,
  }
}

/** Milliseconds of a protobuf Duration, or the fallback (ms) where there is none. */
export const durationMs = (duration: Duration | null | undefined, fallbackMs: number) =>
  duration ? Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6 : fallbackMs

/** A protobuf Timestamp of a time in ms since 1970. */
export const timestamp = (ms: number) => ({ seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 })
