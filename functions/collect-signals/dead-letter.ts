import { z } from 'zod'
import type { Alert } from '../../shared/messages/alert.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type DeadLetter, deadLetters, insertDeadLetter } from '../../shared/store/dead-letters.ts'
import { toOutbox } from '../../shared/store/outbox.ts'

/** What a message may tell of itself, whatever its topic. */
const traces = z.object({
  signal_id: z.string().nullable().catch(null),
  order_id: z.string().nullable().catch(null),
  is_exit: z.boolean().catch(false),
})

/** Keeps a message that can never succeed, and tells people. A lost exit also wakes `supervise-orders`, which never gives one up. */
export const storeDeadLetter =
  (store: Store) =>
  async (data: string, { attributes, message_id, now: at }: StepContext): Promise<Outcome> => {
    const { signal_id, order_id, is_exit } = tracesOf(data, attributes)
    const letter = { ...originOf(attributes, message_id), data, attributes, signal_id, order_id, at }
    const alert: Alert = {
      severity: 'CRITICAL',
      key: `dead-letter:${letter.step}:${letter.message_id}`,
      title: `${letter.step} could not handle a message of ${letter.topic}`,
      detail: `${letter.code}: ${letter.reason}. The message is in dead_letters; mend its cause, then replay it.`,
      signal_id,
      order_id,
      at,
    }
    const outbox = [
      toOutbox({ topic: 'alerts', ordering_key: '', attributes: { severity: alert.severity }, data: alert, at }),
      ...(is_exit ? [toOutbox({ topic: 'run-supervise-orders', ordering_key: '', data: { scheduled_at: at }, at })] : []),
    ]
    await insertDeadLetter(store, { ...letter, outbox })
    return {
      message: 'dead letter stored',
      fields: { dead_step: letter.step, code: letter.code, signal_id, order_id },
      flush: [{ holder: deadLetters, ordering_key: '' }],
    }
  }

function tracesOf(data: string, attributes: Record<string, string>) {
  const known = { signal_id: attributes.signal_id ?? null, order_id: attributes.order_id ?? null }
  try {
    const found = traces.parse(JSON.parse(data))
    return { ...found, signal_id: found.signal_id ?? known.signal_id, order_id: found.order_id ?? known.order_id }
  } catch {
    return { ...known, is_exit: false }
  }
}

/** Where it failed: as our step says, or as Pub/Sub does after too many deliveries. */
function originOf(
  attributes: Record<string, string>,
  message_id: string,
): Pick<DeadLetter, 'message_id' | 'step' | 'topic' | 'code' | 'reason' | 'ordering_key'> {
  const [step = 'unknown', topic = 'unknown'] = (attributes.CloudPubSubDeadLetterSourceSubscription ?? '').split('.')
  const deliveries = attributes.CloudPubSubDeadLetterSourceDeliveryCount
  return {
    message_id: attributes.dead_letter_message_id ?? message_id,
    step: attributes.dead_letter_step ?? step,
    topic: attributes.dead_letter_topic ?? topic,
    code: attributes.dead_letter_code ?? 'TOO_MANY_DELIVERIES',
    reason: attributes.dead_letter_reason ?? `failed at each of ${deliveries ?? 'too many'} deliveries`,
    ordering_key: attributes.dead_letter_ordering_key ?? '',
  }
}
