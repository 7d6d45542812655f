import { status } from '@grpc/grpc-js'
import { describe, expect, it } from 'vitest'
import { itWith, publish, serverUnderTest } from './harness.ts'

const { pubsub, subscriber, name, subscriptionPath } = await serverUnderTest()

const messages = {
  paper: { route: 'paper', region: 'us-east' },
  ibkr: { route: 'ibkr', region: 'eu-west' },
  bare: { other: 'x' },
  odd: { 'a/b c': 'q"uote\\', constructor: 'é' },
}

// Each expression with the messages above that it lets through.
const accepted: [expression: string, delivered: (keyof typeof messages)[]][] = [
  ['attributes.route = "paper"', ['paper']],
  ['attributes.route="paper"', ['paper']],
  ['attributes.route = "PAPER"', []],
  ['attributes.route != "paper"', ['ibkr', 'bare', 'odd']],
  ['attributes:route', ['paper', 'ibkr']],
  ['NOT attributes:route', ['bare', 'odd']],
  ['-attributes:route', ['bare', 'odd']],
  ['hasPrefix(attributes.region, "us-")', ['paper']],
  ['NOT hasPrefix(attributes.region, "us-")', ['ibkr', 'bare', 'odd']],
  ['attributes.route = "paper" OR attributes.other = "x"', ['paper', 'bare']],
  ['attributes:route AND attributes.region = "eu-west"', ['ibkr']],
  ['attributes:route AND NOT attributes.route = "paper"', ['ibkr']],
  ['attributes:route AND attributes:region AND attributes.route != "ibkr"', ['paper']],
  ['(attributes.route = "paper" OR attributes.route = "ibkr") AND hasPrefix(attributes.region, "eu")', ['ibkr']],
  ['NOT (attributes:route OR attributes:other)', ['odd']],
  ['attributes:"a/b c"', ['odd']],
  ['attributes."a/b c" = "q\\"uote\\\\"', ['odd']],
  ['attributes.constructor = "\\u00e9"', ['odd']],
  ['attributes:constructor', ['odd']],
  ['attributes:toString', []],
]

const bad = [
  'route = "paper"',
  'attributes.route',
  'attributes.route = paper',
  "attributes.route = 'paper'",
  'attributes.route > "a"',
  'attributes.route = "paper" and attributes:region',
  'attributes:a OR attributes:b AND attributes:c',
  'attributes:a attributes:b',
  '(attributes:a',
  'attributes:a)',
  'attributes.route = "open',
  'attributes.route = "\\q"',
  'hasPrefix(attributes.route)',
  'hasPrefix(attributes.route, us)',
  'hasSuffix(attributes.route, "r")',
  'NOT',
  'attributes:',
  `attributes.route = "${'x'.repeat(256)}"`,
]

describe('a filter', () => {
  it('is part of what the subscription shows', async () => {
    const [topic] = await pubsub.createTopic(name('shown'))
    const [subscription] = await topic.createSubscription(name('shown'), { filter: 'attributes:route' })
    expect((await subscription.getMetadata())[0].filter).toBe('attributes:route')
  })

  itWith('filters').each(accepted)('%s lets through %j', async (filter, delivered) => {
    const [topic] = await pubsub.createTopic(name('filtered'))
    const short = name('filtered')
    await topic.createSubscription(short, { filter })
    for (const [text, attributes] of Object.entries(messages)) await publish(topic, text, { attributes })
    const request = { subscription: subscriptionPath(short), maxMessages: 10, returnImmediately: true }
    const [{ receivedMessages }] = await subscriber.pull(request)
    expect(receivedMessages?.map(({ message }) => String(message?.data))).toEqual(delivered)
  })

  itWith('filters').each(bad)('%s is refused', async filter => {
    const [topic] = await pubsub.createTopic(name('refused'))
    await expect(topic.createSubscription(name('refused'), { filter })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
  })
})
