import type { Message } from './messages.ts'

/** One message in one subscription's backlog. `attempts` counts the deliveries that failed. */
export type Delivery = {
  readonly message: Message
  attempts: number
  state: 'waiting' | 'ready' | 'outstanding' | 'delayed' | 'settled'
  timer?: NodeJS.Timeout
}

/**
 * The backlog of one subscription. With `ordered`, each ordering key is a lane of which only the head can be taken, until it is settled:
 * a head that comes back keeps everything behind it waiting.
 * @param onReady called when something can be taken
 */
export const createQueue = ({ ordered, onReady }: { ordered: boolean; onReady: () => void }) => {
  const backlog = new Map<number, Delivery>()
  const ready = createFifo<Delivery>()
  const lanes = new Map<string, Fifo<Delivery>>()
  let outstanding = 0

  const makeReady = (delivery: Delivery) => {
    delivery.state = 'ready'
    ready.push(delivery)
    onReady()
  }
  const leave = (delivery: Delivery) => {
    if (delivery.state === 'outstanding') outstanding -= 1
    clearTimeout(delivery.timer)
  }
  const advance = (key: string, lane: Fifo<Delivery>) => {
    const next = lane.shift(delivery => delivery.state === 'waiting')
    if (next) makeReady(next)
    else lanes.delete(key)
  }

  return {
    add: (message: Message, attempts: number) => {
      const delivery: Delivery = { message, attempts, state: 'waiting' }
      backlog.set(message.id, delivery)
      const lane = ordered && message.orderingKey ? lanes.get(message.orderingKey) : undefined
      if (lane) return lane.push(delivery)
      if (ordered && message.orderingKey) lanes.set(message.orderingKey, createFifo())
      makeReady(delivery)
    },
    /** The next delivery that may go out, or undefined. */
    take: (): Delivery | undefined => {
      const delivery = ready.shift(({ state }) => state === 'ready')
      if (!delivery) return undefined
      delivery.state = 'outstanding'
      outstanding += 1
      return delivery
    },
    /** Done with it, whatever its state: acknowledged, forwarded or too old. */
    settle: (delivery: Delivery) => {
      const head = delivery.state !== 'waiting'
      leave(delivery)
      delivery.state = 'settled'
      backlog.delete(delivery.message.id)
      const lane = lanes.get(delivery.message.orderingKey)
      if (head && lane) advance(delivery.message.orderingKey, lane)
    },
    /** Puts an outstanding delivery back, at the end of what is ready, after a delay in ms. */
    retry: (delivery: Delivery, delayMs: number) => {
      leave(delivery)
      if (delayMs <= 0) return makeReady(delivery)
      delivery.state = 'delayed'
      delivery.timer = setTimeout(makeReady, delayMs, delivery)
    },
    clear: () => {
      for (const delivery of backlog.values()) {
        leave(delivery)
        delivery.state = 'settled'
      }
      backlog.clear()
      lanes.clear()
    },
    /** Everything not settled, oldest first. */
    unsettled: () => backlog.values(),
    size: () => backlog.size,
    outstanding: () => outstanding,
  }
}

type Fifo<T> = ReturnType<typeof createFifo<T>>

/** An array that is read from a moving head: Array.shift would copy a long backlog at every message. */
const createFifo = <T>() => {
  let items: T[] = []
  let head = 0
  return {
    push: (item: T) => {
      items.push(item)
    },
    /** Takes the first item for which `still` holds, dropping those before it. */
    shift: (still: (item: T) => boolean): T | undefined => {
      while (head < items.length) {
        const item = items[head]
        head += 1
        if (head > 1024 && head * 2 > items.length) {
          items = items.slice(head)
          head = 0
        }
        if (item !== undefined && still(item)) return item
      }
      items = []
      head = 0
      return undefined
    },
  }
}
