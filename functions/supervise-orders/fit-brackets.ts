import type { Broker } from '../../shared/brokers/broker.ts'
import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import { leftByExits } from '../../shared/domain/account/left-by-exits.ts'
import { Decimal, floorToStep, ONE, sum } from '../../shared/domain/money/decimal.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { positionOf } from '../../shared/store/positions.ts'
import { closingOrdersOf, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { fitClosing } from '../execute-order/fit-closing.ts'
import { changed } from './emulated-part.ts'
import { isAllBooked } from './expiry.ts'
import { closingDocument, insertWorking, keyOf } from './record.ts'
import type { Look } from './supervision.ts'

const isWorking = ({ status }: StoredOrder): boolean => status === 'SUBMITTED' || status === 'PARTIALLY_FILLED'

/**
 * Keeps what closes brackets as large as what exits leave of their positions: smaller after an exit of a part, as large as before where that
 * did not fill, and made anew by us where the broker had to cancel it for being too large.
 */
export async function fitBrackets(look: Look, broker: Broker, open: readonly StoredOrder[]): Promise<void> {
  const closing = open.filter(order => order.parent_order_id !== undefined && isWorking(order))
  for (const group of Map.groupBy(closing, ({ strategy_id, instrument_id }) => `${strategy_id} ${instrument_id}`).values())
    await fitGroup(look, group)
  for (const entry of open) if (entry.unprotected && !entry.emulated) await protectRest(look, broker, entry)
}

async function fitGroup(look: Look, closing: readonly StoredOrder[]): Promise<void> {
  const [first] = closing
  const position = first && (await positionOf(look.store, first))
  // What has nothing to close any more is taken back as a whole.
  if (!first || !position || position.quantity.isZero()) return
  const left = leftByExits(position)
  const wanted = sum([...Map.groupBy(closing, ({ parent_order_id }) => parent_order_id).values()].map(remainderOf))
  if (wanted.eq(left)) return
  for (const order of closing) if (!(await isAllBooked(look.store, order))) return
  const after = await fitClosing({ ...look, allowLive: false }, { closing, left, because: first })
  for (const order of after) look.told.add(keyOf(order))
}

/** Closing orders of one bracket end each other: together they close as much as the largest. */
const remainderOf = (legs: readonly StoredOrder[]): Decimal =>
  legs.map(({ quantity, filled_qty }) => quantity.minus(filled_qty)).reduce((largest, each) => Decimal.max(largest, each))

/** An order of ours in place of closing orders that their broker had to cancel, for what is left of the bracket. */
async function protectRest(look: Look, broker: Broker, entry: StoredOrder): Promise<void> {
  const [all, position, instrument] = await Promise.all([
    closingOrdersOf(look.store, [entry.order_id]),
    positionOf(look.store, entry),
    instrumentById(look.store, entry.instrument_id),
  ])
  const holds = position && !position.quantity.isZero() && position.quantity.isPositive() === (entry.action === 'BUY')
  if (!holds) return void (await changed(look, entry, { unprotected: false }))
  if (all.some(({ status }) => !isTerminal(status))) return
  const open = entry.filled_qty.minus(sum(all.map(({ filled_qty }) => filled_qty)))
  const quantity = floorToStep(Decimal.min(open, leftByExits(position)), instrument?.lot ?? ONE)
  if (!quantity.gt(0)) return
  const number = all.filter(({ replaces_closing }) => replaces_closing).length + 1
  await insertWorking(look, inTheirPlace(broker, entry, { order_id: `${entry.order_id}_C${number}`, quantity }))
  await changed(look, entry, { unprotected: false })
}

/** The stop and the target as one order, made by the supervisor of others. */
function inTheirPlace(broker: Broker, entry: StoredOrder, { order_id, quantity }: Pick<StoredOrder, 'order_id' | 'quantity'>): StoredOrder {
  const { stop_loss, take_profit } = entry
  const { capabilities } = broker
  const both = stop_loss !== null && take_profit !== null
  return {
    ...closingDocument(entry),
    order_id,
    client_order_id: clientOrderId(order_id, capabilities),
    quantity,
    order_type: both ? 'OCO' : stop_loss ? 'STOP' : 'LIMIT',
    limit_price: take_profit,
    stop_price: stop_loss,
    time_in_force: capabilities.times_in_force.includes('GTC') ? 'GTC' : 'DAY',
    replaces_closing: true,
    emulated: { extreme: null },
    ...(both && { part_client_ids: [clientOrderId(`${order_id}_ST`, capabilities)] }),
    reason: 'EMULATED: in place of closing orders that the broker would not make smaller',
  }
}
