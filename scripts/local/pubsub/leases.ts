import type { Delivery } from './queue.ts'

type Lease = { delivery: Delivery; timer: NodeJS.Timeout }

/**
 * What was given out by pull and not yet acknowledged. An id that is not (or no longer) known is passed over: its message was acknowledged,
 * or is being delivered again.
 */
export const createLeases = (onExpired: (delivery: Delivery) => void) => {
  const leases = new Map<string, Lease>()
  let serial = 0

  const end = (ackId: string): Delivery | undefined => {
    const lease = leases.get(ackId)
    clearTimeout(lease?.timer)
    leases.delete(ackId)
    return lease?.delivery.state === 'outstanding' ? lease.delivery : undefined
  }
  const expire = (ackId: string) => {
    const delivery = end(ackId)
    if (delivery) onExpired(delivery)
  }

  return {
    /** Gives the delivery out and returns its ack id. */
    grant: (delivery: Delivery, deadlineMs: number): string => {
      serial += 1
      const ackId = `${delivery.message.id}-${delivery.attempts + 1}-${serial}-${process.pid}`
      leases.set(ackId, { delivery, timer: setTimeout(expire, deadlineMs, ackId) })
      return ackId
    },
    /** Ends the lease; undefined where it is not known. */
    end,
    extend: (ackId: string, deadlineMs: number) => {
      const lease = leases.get(ackId)
      if (!lease) return
      clearTimeout(lease.timer)
      lease.timer = setTimeout(expire, deadlineMs, ackId)
    },
    clear: () => {
      for (const { timer } of leases.values()) clearTimeout(timer)
      leases.clear()
    },
  }
}
