import { invalid } from './refusal.ts'
import { timestamp, type WireMessage } from './wire.ts'

/** A published message as it lies in memory, shared by the subscriptions that still hold it. */
export type Message = {
  readonly id: number
  readonly data: Buffer
  readonly attributes: Readonly<Record<string, string>>
  readonly orderingKey: string
  readonly publishedMs: number
  /** Subscriptions that have not acknowledged it yet. */
  holders: number
}

const MAX_BYTES = 10 * 1024 * 1024
const MAX_MESSAGES = 1000
const MAX_ATTRIBUTES = 100
const MAX_KEY_BYTES = 256
const MAX_VALUE_BYTES = 1024

/** Refuses a publish request that Google would refuse: too large, empty, or with attributes beyond the limits. */
export const checkPublish = (messages: readonly WireMessage[]) => {
  if (messages.length === 0 || messages.length > MAX_MESSAGES) {
    throw invalid(`The value for message_count is ${messages.length}; it must be between 1 and ${MAX_MESSAGES}.`)
  }
  let bytes = 0
  for (const message of messages) bytes += checkedBytes(message)
  if (bytes > MAX_BYTES) throw invalid(`Request payload size exceeds the limit: ${MAX_BYTES} bytes.`)
}

const checkedBytes = ({ data, attributes, orderingKey }: WireMessage): number => {
  const entries = Object.entries(attributes ?? {})
  if (!data?.length && entries.length === 0) {
    throw invalid('Some messages in the batch are invalid: a message must have either non-empty data or at least one attribute.')
  }
  if (entries.length > MAX_ATTRIBUTES) throw invalid(`A message has ${entries.length} attributes; at most ${MAX_ATTRIBUTES} are allowed.`)
  if (Buffer.byteLength(orderingKey ?? '') > MAX_VALUE_BYTES) throw invalid(`An ordering key is longer than ${MAX_VALUE_BYTES} bytes.`)
  return (data?.length ?? 0) + entries.reduce((total, [key, value]) => total + attributeBytes(key, value), 0)
}

const attributeBytes = (key: string, value: string) => {
  const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)]
  if (keyBytes === 0 || keyBytes > MAX_KEY_BYTES)
    throw invalid(`An attribute key has ${keyBytes} bytes; 1 to ${MAX_KEY_BYTES} are allowed.`)
  if (valueBytes > MAX_VALUE_BYTES) throw invalid(`The attribute '${key}' is longer than ${MAX_VALUE_BYTES} bytes.`)
  if (key.startsWith('goog')) throw invalid(`The attribute key '${key}' starts with the reserved prefix 'goog'.`)
  return keyBytes + valueBytes
}

/** The message as Pull returns it. */
export const toWire = (message: Message): WireMessage => ({
  data: message.data,
  attributes: { ...message.attributes },
  messageId: String(message.id),
  publishTime: timestamp(message.publishedMs),
  ...(message.orderingKey && { orderingKey: message.orderingKey }),
})

/** The body of a push: both spellings of id and time, and no field that is empty, as Google sends it. */
export const toPushBody = (message: Message, subscription: string, deliveryAttempt: number | undefined): string => {
  const [id, time] = [String(message.id), new Date(message.publishedMs).toISOString()]
  return JSON.stringify({
    message: {
      ...(message.data.length > 0 && { data: message.data.toString('base64') }),
      ...(Object.keys(message.attributes).length > 0 && { attributes: message.attributes }),
      ...{ messageId: id, message_id: id, publishTime: time, publish_time: time },
      ...(message.orderingKey && { orderingKey: message.orderingKey }),
    },
    subscription,
    ...(deliveryAttempt !== undefined && { deliveryAttempt }),
  })
}
