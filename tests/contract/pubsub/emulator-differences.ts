/**
 * What Google's own emulator (0.8) was seen not to do, each with the reason it cannot be asked of it. Tests that need one of these are
 * registered only where the server under test has it; the embedded server has them all, as the service itself does.
 */
export const emulatorDifferences = {
  filters: 'keeps the filter of a subscription, takes any text for one, and delivers every message all the same',
  'push metadata': 'pushes carry neither orderingKey nor deliveryAttempt',
  'acknowledging statuses': 'a push answered with 202 is delivered again, one answered with 203 is not',
  'parallel pushes': 'two pushes in flight per subscription: a slow endpoint holds up everything behind them',
  'prompt redelivery': 'a failed push comes again after a second and more, so many failures do not end within the time of a test',
  'retry policy': 'retryPolicy is kept; the back-off is its own',
  'ordered redelivery to pulls': 'a message that was given back comes after those behind it on its ordering key',
  'update topic': 'UpdateTopic knows schema settings only',
  'topic of a list': 'ListTopicSubscriptions of a missing topic is an empty list',
  'size limits': 'messages over 10 MB and attributes beyond the limits are taken',
  'ack deadline limits': 'an ack deadline under 10 s, and a modified one over 600 s, are taken',
  'attempt limits': 'maxDeliveryAttempts outside 5 to 100 is refused with OUT_OF_RANGE',
} as const

export type Ability = keyof typeof emulatorDifferences
