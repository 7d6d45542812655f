import type { PubSub } from '@google-cloud/pubsub'
import type { Db } from 'mongodb'
import type { z } from 'zod'
import { executionConfirmation, orderCommand } from '../../shared/messages/order.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'

interface Again {
  collection: 'trading_signals' | 'trading_orders' | 'execution_confirmations'
  /** In [0, 1): which of its documents. */
  which: number
}

const kinds = {
  trading_signals: { topic: 'standardized-signals', schema: standardizedSignal.strip(), attributes: {} },
  trading_orders: { topic: 'trading-orders', schema: orderCommand.strip(), attributes: { route: 'direct' } },
  execution_confirmations: { topic: 'execution-confirmations', schema: executionConfirmation.strip(), attributes: { status: 'AGAIN' } },
} as const

/** Publishes the message of a document once more, late and out of its order, as Pub/Sub may; false where there is none yet. */
export async function sendAgain(pubsub: PubSub, db: Db, { collection, which }: Again): Promise<boolean> {
  const { topic, schema, attributes } = kinds[collection]
  const documents = await db.collection(collection).find({}).sort({ _id: -1 }).limit(200).toArray()
  const document = documents[Math.floor(which * documents.length)]
  if (!document) return false
  const message = (schema as z.ZodType).parse(document)
  await pubsub.topic(topic).publishMessage({ json: JSON.parse(JSON.stringify(message)), attributes })
  return true
}
