import { http, type Request, type Response } from '@google-cloud/functions-framework'
import { z } from 'zod'
import { openCallerCheck } from '../cloud/own-caller.ts'
import { openPublisher, type Publisher } from '../cloud/publisher.ts'
import { DomainError, TransientError } from '../domain/errors.ts'
import type { StepName, Topic } from '../messages/pipeline-names.ts'
import { openStore } from '../store/open.ts'
import { now } from './clock.ts'
import type { BaseConfig } from './configuration.ts'
import { answerHealth } from './health.ts'
import { errorText, type Log, type LogFields, logOf } from './log.ts'
import { type Flush, outboxFlusher, type Waiting } from './outbox.ts'
import { DEFAULT_BODY_LIMIT, type RequestWithBody, readBodiesFirst, sendProblem } from './request-body.ts'

export interface StepContext {
  now: Date
  log: Log
  attributes: Record<string, string>
  message_id: string
  delivery_attempt: number
}

/** What a handler did: one log line, and where it left messages to send. */
export interface Outcome {
  message: string
  fields?: LogFields
  flush?: Waiting[]
}

export interface Trigger {
  input: z.ZodType
  raw?: boolean
  handle(input: unknown, context: StepContext): Promise<Outcome>
}

/** Ties a message's schema to what handles it. */
export const trigger = <S extends z.ZodType>(
  input: S,
  handle: (input: z.output<S>, context: StepContext) => Promise<Outcome>,
): Trigger => ({
  input,
  handle: handle as Trigger['handle'],
})

/** For messages whose data may be anything: the handler gets its text. */
export const rawTrigger = (handle: (text: string, context: StepContext) => Promise<Outcome>): Trigger => ({
  input: z.string(),
  raw: true,
  handle: handle as Trigger['handle'],
})

export interface StepDefinition {
  config: BaseConfig
  triggers: Partial<Record<Topic, Trigger>>
}

const pushEnvelope = z.object({
  message: z.object({
    data: z.base64().default(''),
    attributes: z.record(z.string(), z.string()).default({}),
    messageId: z.string(),
    orderingKey: z.string().default(''),
  }),
  subscription: z.string(),
  deliveryAttempt: z.number().default(1),
})
type PushEnvelope = z.output<typeof pushEnvelope>

/**
 * Registers a Pub/Sub step: parse → handle → send what the written documents say → acknowledge. A message that can never succeed goes to
 * `dead-letters` with its reason and is acknowledged; any other failure is answered with 500, and Pub/Sub delivers again.
 */
export function defineStep(name: StepName, { config, triggers }: StepDefinition): void {
  const store = openStore(config)
  const take = pushHandler(name, { config, triggers })
  readBodiesFirst(() => DEFAULT_BODY_LIMIT)
  http(name, async (request: Request & RequestWithBody, response: Response) => {
    if (request.path === '/health') return answerHealth({ name, store, response })
    await take(request, response)
  })
}

/** What answers pushes to a step, for the function that it registers. */
export function pushHandler(
  name: StepName,
  { config, triggers }: StepDefinition,
): (request: Request & RequestWithBody, response: Response) => Promise<void> {
  const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)
  const store = openStore(config)
  const run = stepRunner({ name, triggers, publisher, flush: outboxFlusher(store, publisher) })
  const isOwnCaller = openCallerCheck({
    push_token: config.PUSH_TOKEN,
    audience: config.PUSH_AUDIENCE,
    service_account: config.PUSH_SERVICE_ACCOUNT,
    certificates_url: config.OIDC_CERTIFICATES_URL,
  })
  return async (request, response) => {
    const own = await isOwnCaller(request.headers.authorization).catch(() => null)
    if (own === null) {
      return sendProblem(response, {
        status: 503,
        code: 'UNAVAILABLE',
        detail: 'Who calls cannot be told now: Google’s certificates do not answer.',
      })
    }
    if (!own) {
      return sendProblem(response, { status: 401, code: 'NOT_A_CALLER', detail: 'This function accepts only its own caller.' })
    }
    const envelope = parseEnvelope(request.rawBody)
    if (!envelope) {
      return sendProblem(response, { status: 400, code: 'NOT_A_PUSH', detail: 'The body is not a Pub/Sub push: {message, subscription}.' })
    }
    response.status(await run(envelope)).end()
  }
}

const parseEnvelope = (body: Buffer | undefined): PushEnvelope | null => {
  try {
    return pushEnvelope.parse(JSON.parse(String(body ?? '')))
  } catch {
    return null
  }
}

interface Runner {
  name: StepName
  triggers: StepDefinition['triggers']
  publisher: Publisher
  flush: Flush
}

const stepRunner =
  ({ name, triggers, publisher, flush }: Runner) =>
  async ({ message, subscription, deliveryAttempt }: PushEnvelope): Promise<number> => {
    const started = performance.now()
    // `<step>.<topic>`; a second version of a step has a name of its own.
    const topic = subscription.slice(subscription.lastIndexOf('.') + 1) as Topic
    const log = logOf(name, { trace: message.messageId })
    const duration = () => ({ duration_ms: Math.round((performance.now() - started) * 100) / 100 })
    try {
      const context = { now: now(), log, attributes: message.attributes, message_id: message.messageId, delivery_attempt: deliveryAttempt }
      const outcome = await handleMessage(triggers[topic], message.data, context)
      await Promise.all((outcome.flush ?? []).map(flush))
      log.info(outcome.message, { ...outcome.fields, ...duration() })
      return 204
    } catch (error) {
      if (!(error instanceof DomainError)) {
        const expected = error instanceof TransientError
        log[expected ? 'warning' : 'error']('delivery failed', {
          error: errorText(error),
          delivery_attempt: deliveryAttempt,
          ...duration(),
        })
        return 500
      }
      await publisher.publish({
        topic: 'dead-letters',
        ordering_key: '',
        data: Buffer.from(message.data, 'base64'),
        attributes: {
          ...message.attributes,
          dead_letter_step: name,
          dead_letter_topic: topic,
          dead_letter_code: error.code,
          dead_letter_reason: errorText(error).slice(0, 1000),
          dead_letter_message_id: message.messageId,
          dead_letter_ordering_key: message.orderingKey,
        },
      })
      log.error('message dead-lettered', { code: error.code, error: errorText(error), ...duration() })
      return 204
    }
  }

async function handleMessage(known: Trigger | undefined, data: string, context: StepContext): Promise<Outcome> {
  if (!known) throw new DomainError('UNKNOWN_TRIGGER')
  const text = Buffer.from(data, 'base64').toString()
  const parsed = known.input.safeParse(known.raw ? text : parseJson(text))
  if (!parsed.success) throw new DomainError('MALFORMED_MESSAGE', { fault: z.prettifyError(parsed.error) })
  return known.handle(parsed.data, context)
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DomainError('MALFORMED_MESSAGE', { fault: 'not JSON' }, { cause })
  }
}
