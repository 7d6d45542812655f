import { createHash } from 'node:crypto'
import type { Decimal } from '../domain/money/decimal.ts'
import { signalId } from '../domain/signal/signal-id.ts'
import type { Leg } from '../messages/signal.ts'
import type { Store } from './collection.ts'
import { toOutbox } from './outbox.ts'
import { insertSignal, type StoredSignal, signalByIdentity } from './trading-signals.ts'

/** What the fund itself wants closed (CER-11a). */
export interface SystemExit extends Pick<Leg, 'instrument_id' | 'instrument' | 'action'> {
  /** Units; null for all of it. */
  quantity: Decimal | null
}

export interface SystemOrder {
  strategy_id: string
  environment: string
  /** One cause makes one signal, however often it is asked for: `exit-all:<id>`, `deleverage:<account>:<when>`. */
  cause: string
  /** For people who read the signal later. */
  why: string
  exits: readonly SystemExit[]
  at: Date
}

/**
 * Stores the signal of an order that no sender asked for, with the message that sends it the way of all signals; the one that the same
 * cause made before is returned as it is. Its caller flushes `tradingSignals` under the strategy's ordering key.
 * @throws DomainError SEQUENCE_EXHAUSTED where the strategy's second has no id left
 */
export async function insertSystemSignal(store: Store, order: SystemOrder): Promise<StoredSignal> {
  const identity = `system:${order.cause}`
  for (let sequence = 1; ; sequence += 1) {
    const signal = signalOf(order, identity, signalId(order.strategy_id, order.at, sequence))
    const outcome = await insertSignal(store, signal)
    if (outcome === 'stored') return signal
    const earlier = outcome === 'identity taken' ? await signalByIdentity(store, { strategy_id: order.strategy_id, identity }) : null
    if (earlier) return earlier
  }
}

function signalOf({ strategy_id, environment, cause, why, exits, at }: SystemOrder, identity: string, signal_id: string): StoredSignal {
  const message = {
    signal_id,
    strategy_id,
    sender_signal_id: null,
    environment,
    source: 'system',
    sent_at: at,
    received_at: at,
    latency_ms: 0,
    legs: exits.map(exitLeg),
    position_after: null,
  }
  return {
    ...message,
    identity,
    content_hash: createHash('sha256').update(JSON.stringify(message.legs)).digest('hex'),
    raw: { cause, why },
    status: 'STANDARDIZED',
    states: [
      { state: 'RECEIVED', at },
      { state: 'STANDARDIZED', at },
    ],
    outbox: [toOutbox({ topic: 'standardized-signals', ordering_key: strategy_id, data: message, at })],
  }
}

const exitLeg = ({ instrument_id, instrument, action, quantity }: SystemExit): Leg => ({
  instrument_id,
  instrument,
  quote_at_receipt: null,
  signal_type: 'EXIT',
  action,
  requested_quantity: quantity,
  order_type: 'MARKET',
  price: null,
  limit_price: null,
  stop_price: null,
  stop_loss: null,
  take_profit: null,
  trail_pct: null,
  time_in_force: 'DAY',
  expires_at: null,
})
