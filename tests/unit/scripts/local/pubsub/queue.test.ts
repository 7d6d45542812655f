import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../../../../scripts/local/pubsub/messages.ts'
import { createQueue, type Delivery } from '../../../../../scripts/local/pubsub/queue.ts'

const message = (id: number, orderingKey: string): Message => ({
  id,
  orderingKey,
  data: Buffer.alloc(0),
  attributes: {},
  publishedMs: 0,
  holders: 1,
})
const outstandingKeys = (outstanding: readonly Delivery[]) => outstanding.map(delivery => delivery.message.orderingKey)

// What may happen to a queue: a message of a key arrives, one is taken, or the n-th outstanding one is settled or comes back.
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
  fc.record({ kind: fc.constant('take' as const) }),
  fc.record({ kind: fc.constantFrom('settle' as const, 'retry' as const), index: fc.nat(9) }),
)

describe('an ordered queue', () => {
  it('gives out one message of a key at a time, settles them in the order they came, and loses none', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), steps => {
        const queue = createQueue({ ordered: true, onReady: () => undefined })
        const outstanding: Delivery[] = []
        const settled: Message[] = []
        let added = 0
        const take = () => {
          const delivery = queue.take()
          if (delivery) outstanding.push(delivery)
          return delivery
        }
        const settle = (delivery: Delivery) => {
          queue.settle(delivery)
          settled.push(delivery.message)
        }
        for (const each of steps) {
          if (each.kind === 'add') {
            added += 1
            queue.add(message(added, each.key), 0)
          } else if (each.kind === 'take') take()
          else {
            const [delivery] = outstanding.splice(each.index, 1)
            if (delivery && each.kind === 'settle') settle(delivery)
            else if (delivery) queue.retry(delivery, 0)
          }
          expect(new Set(outstandingKeys(outstanding)).size).toBe(outstanding.length)
          expect(queue.outstanding()).toBe(outstanding.length)
        }
        for (const delivery of outstanding) settle(delivery)
        for (let delivery = queue.take(); delivery; delivery = queue.take()) settle(delivery)
        expect(settled).toHaveLength(added)
        expect(queue.size()).toBe(0)
        for (const key of ['a', 'b', 'c']) {
          const ids = settled.filter(({ orderingKey }) => orderingKey === key).map(({ id }) => id)
          expect(ids).toEqual(ids.toSorted((one, other) => one - other))
        }
      }),
    )
  })

  it('goes on behind a waiting message that was dropped', () => {
    const queue = createQueue({ ordered: true, onReady: () => undefined })
    for (const id of [1, 2, 3]) queue.add(message(id, 'a'), 0)
    const first = queue.take()
    const [, second] = [...queue.unsettled()]
    if (first === undefined || second === undefined) throw new Error('the queue lost what was put in')
    queue.settle(second)
    queue.settle(first)
    expect(queue.take()?.message.id).toBe(3)
  })
})
