import type { Asked } from './answers.ts'
import { placeOrder } from './book.ts'
import { istStamp } from './ist.ts'
import { KiteError } from './kite-error.ts'
import type { User, World } from './shapes.ts'

interface Leg {
  exchange: string
  tradingsymbol: string
  transaction_type: string
  quantity: number
  order_type: string
  product: string
  price: number
  result: null | {
    exchange: string
    tradingsymbol: string
    order_result: { status: string; order_id: string; rejection_reason: string }
    timestamp: string
    triggered_at: number
  }
}

export interface Trigger {
  id: number
  user_id: string
  parent_trigger: null
  type: 'single' | 'two-leg'
  created_at: string
  updated_at: string
  expires_at: string
  status: string
  condition: { exchange: string; tradingsymbol: string; trigger_values: number[]; last_price: number; instrument_token: number }
  orders: Leg[]
  meta: object
}

const YEAR_MS = 365 * 86_400_000

/** Good-till-triggered orders: the first trigger value that the last price reaches sends its leg, and the other dies with it. */
export function gttBook(world: World) {
  const triggers: Trigger[] = []

  const termsOf = ({ form }: Asked): Pick<Trigger, 'type' | 'condition' | 'orders'> => {
    const condition = JSON.parse(form.condition ?? '{}') as Trigger['condition']
    const orders = JSON.parse(form.orders ?? '[]') as Leg[]
    const type = form.type as Trigger['type']
    if (condition.trigger_values?.length !== orders.length || orders.length !== (type === 'two-leg' ? 2 : 1))
      throw new KiteError('InputException', 'Invalid trigger values or orders.')
    if (!world.listed(condition.exchange, condition.tradingsymbol)) throw new KiteError('InputException', 'Invalid instrument.')
    return { type, condition: { ...condition, instrument_token: 0 }, orders: orders.map(order => ({ ...order, result: null })) }
  }
  const find = ({ user, named: [id] }: Asked): Trigger => {
    const found = triggers.find(each => each.user_id === user.user_id && each.id === Number(id))
    if (!found) throw new KiteError('GeneralException', 'Trigger not found.', 404)
    return found
  }
  const active = (asked: Asked): Trigger => {
    const found = find(asked)
    if (found.status !== 'active') throw new KiteError('InputException', `Trigger is ${found.status}.`)
    return found
  }

  return {
    list: ({ user }: Asked) => triggers.filter(({ user_id }) => user_id === user.user_id),
    find,
    place: (asked: Asked) => {
      const at = world.now()
      const trigger: Trigger = {
        id: 100_000 + world.nextId(),
        user_id: asked.user.user_id,
        parent_trigger: null,
        created_at: istStamp(at),
        updated_at: istStamp(at),
        expires_at: istStamp(new Date(at.getTime() + YEAR_MS)),
        status: 'active',
        meta: {},
        ...termsOf(asked),
      }
      triggers.push(trigger)
      return { trigger_id: trigger.id }
    },
    modify: (asked: Asked) => {
      const found = active(asked)
      Object.assign(found, termsOf(asked), { updated_at: istStamp(world.now()) })
      return { trigger_id: found.id }
    },
    delete: (asked: Asked) => {
      const found = active(asked)
      Object.assign(found, { status: 'cancelled', updated_at: istStamp(world.now()) })
      return { trigger_id: found.id }
    },
    /** Whether a price sets a trigger off. */
    look: (user: User, exchange: string, tradingsymbol: string): void => {
      const last = world.priceOf(exchange, tradingsymbol)?.last
      if (last === undefined) return
      for (const trigger of triggers) {
        const { condition, status } = trigger
        if (trigger.user_id !== user.user_id || status !== 'active' || condition.tradingsymbol !== tradingsymbol) continue
        if (condition.exchange !== exchange) continue
        const reached = condition.trigger_values.findIndex(value => (value >= condition.last_price ? last >= value : last <= value))
        if (reached >= 0) fire(world, user, trigger, reached)
      }
    },
  }
}

function fire(world: World, user: User, trigger: Trigger, reached: number): void {
  const leg = trigger.orders[reached]
  if (!leg) return
  const at = istStamp(world.now())
  const { exchange, tradingsymbol } = leg
  const form = Object.fromEntries(Object.entries({ ...leg, validity: 'DAY', result: '' }).map(([name, value]) => [name, String(value)]))
  const order = placeOrder(world, user, form, 'regular')
  leg.result = {
    exchange,
    tradingsymbol,
    order_result: { status: 'success', order_id: order.order_id, rejection_reason: '' },
    timestamp: at,
    triggered_at: trigger.condition.trigger_values[reached] ?? 0,
  }
  Object.assign(trigger, { status: 'triggered', updated_at: at })
}

export const gttAnswers = (book: ReturnType<typeof gttBook>): [RegExp, (asked: Asked) => unknown][] => [
  [/^POST \/gtt\/triggers$/, book.place],
  [/^GET \/gtt\/triggers$/, book.list],
  [/^GET \/gtt\/triggers\/(\d+)$/, book.find],
  [/^PUT \/gtt\/triggers\/(\d+)$/, book.modify],
  [/^DELETE \/gtt\/triggers\/(\d+)$/, book.delete],
]
