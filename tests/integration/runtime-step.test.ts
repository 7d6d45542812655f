import type { Topic } from '@google-cloud/pubsub'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { DomainError, TransientError } from '../../shared/domain/errors.ts'
import { decimal } from '../../shared/messages/codecs.ts'
import { defineStep, rawTrigger, type StepContext, trigger } from '../../shared/runtime/define-step.ts'
import { openStore } from '../../shared/store/open.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'
import { embeddedServer } from '../contract/pubsub/harness.ts'
import { configOf, printed, served, startDatabase } from './runtime-harness.ts'

const TOKEN = 'push-token'
const handled: { input: unknown; context: Omit<StepContext, 'log' | 'now'> }[] = []

const note = async (input: unknown, { attributes, message_id, delivery_attempt }: StepContext) => {
  handled.push({ input, context: { attributes, message_id, delivery_attempt } })
  return { message: 'noted', fields: { signal_id: 'S1' } }
}

const order = z.object({ quantity: decimal, fail: z.enum(['domain', 'transient', 'other']).optional() })

const handleOrder = async (input: z.output<typeof order>, context: StepContext) => {
  if (input.fail === 'domain') throw new DomainError('UNKNOWN_STRATEGY', { strategy_id: 'S9' })
  if (input.fail === 'transient') throw new TransientError('CONTENTION', { rounds: 20 })
  if (input.fail === 'other') throw new Error('the inside of something')
  return note(input, context)
}

let base: string
let server: Awaited<ReturnType<typeof embeddedServer>>
let store: ReturnType<typeof openStore>
let deadLetters: Topic

beforeAll(async () => {
  const [database, pubsub] = await Promise.all([startDatabase(), embeddedServer('runtime-step')])
  server = pubsub
  const topics = await Promise.all(['dead-letters', 'standardized-signals'].map(name => server.pubsub.createTopic(name)))
  ;[deadLetters] = topics.map(([topic]) => topic) as [Topic, Topic]
  await Promise.all(
    topics.map(([topic]) => topic.createSubscription(`read-${topic.name.split('/').at(-1)}`, { enableMessageOrdering: true })),
  )
  const config = configOf({ MONGODB_URI: database.uri, GOOGLE_CLOUD_PROJECT: server.projectId, PUSH_TOKEN: TOKEN })
  store = openStore(config)
  defineStep('execute-order', {
    config,
    triggers: {
      'trading-orders': trigger(order, handleOrder),
      'dead-letters': rawTrigger(note),
      'account-updates': trigger(z.object({ key: z.string() }), async ({ key }) => ({
        message: 'flushed',
        flush: [{ holder: tradingSignals, ordering_key: key }],
      })),
    },
  })
  base = await served('execute-order')
})

beforeEach(() => {
  handled.length = 0
})

const envelope = (data: unknown, changes: Record<string, unknown> = {}, topic = 'trading-orders') => ({
  message: {
    data: Buffer.from(typeof data === 'string' ? data : JSON.stringify(data)).toString('base64'),
    attributes: { route: 'direct' },
    messageId: 'm1',
    orderingKey: 'A1:AAPL',
    ...changes,
  },
  subscription: `projects/runtime-step/subscriptions/execute-order.${topic}`,
  deliveryAttempt: 3,
})

const push = async (body: unknown, headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` }) => {
  const response = await fetch(base, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

/** Takes what waits in a subscription; of one ordering key there is one message at a time. */
const pulled = async (topic: string) => {
  const subscription = server.subscriptionPath(`read-${topic}`)
  const taken: { text: string; attributes: object; orderingKey: string }[] = []
  for (;;) {
    const [{ receivedMessages }] = await server.subscriber.pull({ subscription, maxMessages: 10, returnImmediately: true })
    if (!receivedMessages?.length) return taken
    await server.subscriber.acknowledge({ subscription, ackIds: receivedMessages.map(({ ackId }) => String(ackId)) })
    for (const { message } of receivedMessages) {
      const text = Buffer.from(message?.data ?? '').toString()
      taken.push({ text, attributes: { ...message?.attributes }, orderingKey: message?.orderingKey ?? '' })
    }
  }
}

describe('a message pushed to a step', () => {
  it('is parsed, handled with what came beside it, and acknowledged', async () => {
    expect(await push(envelope({ quantity: '0.10000000000000001' }))).toEqual({ status: 204, text: '' })
    expect(handled).toEqual([
      {
        input: { quantity: decimal.parse('0.10000000000000001') },
        context: { attributes: { route: 'direct' }, message_id: 'm1', delivery_attempt: 3 },
      },
    ])
  })

  it('may come without data, attributes, key and attempt', async () => {
    const subscription = 'projects/p/subscriptions/execute-order.dead-letters'
    expect((await push({ message: { messageId: 'm2' }, subscription })).status).toBe(204)
    expect(handled).toEqual([{ input: '', context: { attributes: {}, message_id: 'm2', delivery_attempt: 1 } }])
  })

  it('may hold fields that nobody knows', async () => {
    expect((await push({ ...envelope({ quantity: '1' }, { publishTime: 'now', message_id: 'm1' }), more: true })).status).toBe(204)
  })

  it('is handled as text, whatever it says, where the trigger is raw', async () => {
    await push(envelope('{not json', {}, 'dead-letters'))
    expect(handled.map(({ input }) => input)).toEqual(['{not json'])
  })

  it('leaves one line with its outcome', async () => {
    const output = await printed(() => push(envelope({ quantity: '1' })))
    const lines = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toEqual([
      {
        severity: 'INFO',
        message: 'noted',
        time: expect.any(String),
        step: 'execute-order',
        trace: 'm1',
        signal_id: 'S1',
        duration_ms: expect.any(Number),
      },
    ])
  })
})

describe('a message that can never succeed', () => {
  it.each([
    ['{not json', 'trading-orders', 'MALFORMED_MESSAGE', 'MALFORMED_MESSAGE: fault=not JSON'],
    ['{"quantity":1}', 'trading-orders', 'MALFORMED_MESSAGE', 'quantity'],
    ['{"quantity":"1","fail":"domain"}', 'trading-orders', 'UNKNOWN_STRATEGY', 'UNKNOWN_STRATEGY: strategy_id=S9'],
    ['{"quantity":"1"}', 'alerts', 'UNKNOWN_TRIGGER', 'UNKNOWN_TRIGGER'],
  ])('%s on %s goes to the dead letters with its reason and is acknowledged', async (data, topic, code, reason) => {
    await printed(async () => expect((await push(envelope(data, {}, topic))).status).toBe(204))
    expect(handled).toEqual([])
    expect(await pulled('dead-letters')).toEqual([
      {
        text: data,
        orderingKey: '',
        attributes: {
          route: 'direct',
          dead_letter_step: 'execute-order',
          dead_letter_topic: topic,
          dead_letter_code: code,
          dead_letter_reason: expect.stringContaining(reason),
          dead_letter_message_id: 'm1',
          dead_letter_ordering_key: 'A1:AAPL',
        },
      },
    ])
  })
})

describe('a message that failed for now', () => {
  it.each(['transient', 'other'])('is delivered again: %s', async fail => {
    const output = await printed(async () => {
      expect(await push(envelope({ quantity: '1', fail }))).toEqual({ status: 500, text: '' })
    })
    expect(JSON.parse(output)).toMatchObject({
      severity: fail === 'transient' ? 'WARNING' : 'ERROR',
      message: 'delivery failed',
      delivery_attempt: 3,
    })
    expect(await pulled('dead-letters')).toEqual([])
  })
})

describe('a request that is no push of ours', () => {
  it.each([{}, { authorization: '' }, { authorization: 'Bearer wrong' }, { authorization: `bearer ${TOKEN}` }, { authorization: TOKEN }])(
    'is refused with %j',
    async headers => {
      const { status, text } = await push(envelope({ quantity: '1' }), headers as Record<string, string>)
      expect([status, JSON.parse(text).code]).toEqual([401, 'NOT_A_CALLER'])
      expect(handled).toEqual([])
    },
  )

  it.each(['', '{', '[]', '{}', '{"message":{}}', '{"message":{"messageId":"1","data":"not base64!"},"subscription":"s"}'])(
    'is refused with the body %j',
    async body => {
      const output = await printed(async () => {
        const { status, text } = await push(body)
        expect([status, JSON.parse(text).code]).toEqual([400, 'NOT_A_PUSH'])
      })
      expect(output).toBe('')
    },
  )
})

describe('what a written document says must be sent', () => {
  const waiting = (key: string, ...texts: string[]) =>
    tradingSignals.in(store).insertOne({
      signal_id: `${key}-1`,
      outbox: texts.map((text, index) =>
        toOutbox({
          topic: 'standardized-signals',
          ordering_key: key,
          attributes: { n: String(index) },
          data: { text },
          at: new Date(index),
        }),
      ),
    })

  it('is sent in order under its key, before the message is acknowledged, and then forgotten', async () => {
    await waiting('K1', 'one', 'two', 'three')
    expect((await push(envelope({ key: 'K1' }, {}, 'account-updates'))).status).toBe(204)
    expect(await pulled('standardized-signals')).toEqual(
      ['one', 'two', 'three'].map((text, index) => ({
        text: JSON.stringify({ text }),
        attributes: { n: String(index) },
        orderingKey: 'K1',
      })),
    )
    const left = async () => (await tradingSignals.in(store).findOne({ signal_id: 'K1-1' }))?.outbox
    await vi.waitFor(async () => expect(await left()).toEqual([]), { interval: 5, timeout: 30_000 })
  })

  it('stays where it is while Pub/Sub refuses it, and the message is delivered again', async () => {
    await waiting('K2', 'kept')
    await server.pubsub.topic('standardized-signals').delete()
    await printed(async () => expect((await push(envelope({ key: 'K2' }, {}, 'account-updates'))).status).toBe(500))
    expect((await tradingSignals.in(store).findOne({ signal_id: 'K2-1' }))?.outbox).toHaveLength(1)
  })

  it('does not lose a message that can never succeed while its dead letter cannot be sent', async () => {
    await deadLetters.delete()
    await printed(async () => expect((await push(envelope('{not json'))).status).toBe(500))
  })
})
