import type { Broker, BrokerOrder } from '../../shared/brokers/broker.ts'
import type { Quote } from '../../shared/domain/instrument.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { OrderType } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { learn, learnOf } from './record.ts'
import type { Look } from './supervision.ts'

/** One look at the orders of an account that the supervisor makes of others. */
export interface Emulating {
  look: Look
  broker: Broker
  /** Working orders as the broker lists them, by their client ids. */
  listed: ReadonlyMap<string, BrokerOrder>
  instrumentOf(instrument_id: string): Promise<InstrumentDocument | null>
  quoteOf(instrument: InstrumentDocument): Promise<Quote | null>
}

/** What of an emulated order goes to the broker under one client id. */
export interface Part extends Pick<StoredOrder, 'client_order_id' | 'quantity' | 'limit_price' | 'stop_price'> {
  order_type: OrderType
}

export interface PartSent {
  order: StoredOrder
  /** Null where the broker has not told of it yet. */
  seen: BrokerOrder | null
  /** The broker's words where it refused it. */
  rejected: string | null
}

/** "No such order" counts only after so many questions over so long (rule 5). */
const QUESTIONS = 3
const SURE_AFTER_MS = 5_000

type Note = NonNullable<NonNullable<StoredOrder['emulated']>['sent']>[number]

export const noteOf = ({ emulated }: StoredOrder, client_order_id: string): Note | undefined =>
  emulated?.sent?.find(note => note.client_order_id === client_order_id)

/** Stores a change of an order, made from what was read; null where somebody else was first. */
export async function changed(look: Look, order: StoredOrder, changes: Partial<StoredOrder>): Promise<StoredOrder | null> {
  const next = { ...order, ...changes }
  return (await replaceOrder(look.store, next)) ? { ...next, version: order.version + 1 } : null
}

const noted = ({ look }: Emulating, order: StoredOrder, note: Note): Promise<StoredOrder | null> => {
  const others = (order.emulated?.sent ?? []).filter(each => each.client_order_id !== note.client_order_id)
  return changed(look, order, { emulated: { extreme: null, ...order.emulated, sent: [...others, note] } })
}

/** A part as the broker has it; null where it does not know it, or nothing was sent. */
const partAt = async ({ broker, listed }: Emulating, { account_id }: StoredOrder, client_order_id: string) =>
  listed.get(client_order_id) ?? broker.getOrder({ account_id, client_order_id })

/** Asks for what was noted as sent; `gone` once the broker has said often enough that it has no such order. */
export async function askFor(emulating: Emulating, order: StoredOrder, note: Note) {
  const seen = await partAt(emulating, order, note.client_order_id)
  const asked = note.asked + 1
  const gone = !seen && asked >= QUESTIONS && now().getTime() - note.at.getTime() > SURE_AFTER_MS
  const kept = seen || gone ? order : await noted(emulating, order, { ...note, asked })
  return { order: kept ?? order, seen, gone }
}

/**
 * Sends a part once: that it goes out is stored before it does (rule 1), and where no answer came it is asked for until the broker is sure
 * that it has none (rules 4, 5).
 */
export async function sendPart(emulating: Emulating, order: StoredOrder, part: Part): Promise<PartSent> {
  const { broker, instrumentOf } = emulating
  const note = noteOf(order, part.client_order_id)
  if (note) {
    const { gone, ...answer } = await askFor(emulating, order, note)
    if (!gone) return { ...answer, rejected: null }
  }
  const instrument = await instrumentOf(order.instrument_id)
  const next = instrument && (await noted(emulating, order, { client_order_id: part.client_order_id, at: now(), asked: 0 }))
  if (!next) return { order, seen: null, rejected: null }
  const terms = { stop_loss: null, take_profit: null, trail_amount: null, trail_pct: null }
  const result = await broker.placeOrder({ ...next, ...terms, ...part, instrument }).catch(() => null)
  if (result?.kind === 'rejected') return { order: next, seen: null, rejected: `BROKER_REJECTED: ${result.reason}` }
  return { order: next, seen: result?.kind === 'confirmed' ? (result.order ?? null) : null, rejected: null }
}

/** An order of one part that is to be canceled: ended where nothing of it is at the broker, else as that tells. */
export async function settleCanceled(emulating: Emulating, order: StoredOrder): Promise<StoredOrder> {
  const { look } = emulating
  const note = noteOf(order, order.client_order_id)
  const { order: kept, seen, gone } = note ? await askFor(emulating, order, note) : { order, seen: null, gone: true }
  if (seen) return learnOf(look, kept, seen)
  return gone ? learn(look, kept, { event: 'cancel', reason: order.reason }) : kept
}
