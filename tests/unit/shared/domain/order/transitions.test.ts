import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTerminal, nextStatus, type OrderEvent, type OrderStatus, orderStatuses } from '../../../../../shared/domain/order/transitions.ts'

const events: OrderEvent[] = [
  'submit',
  'deny',
  'acknowledge',
  'reject',
  'lose_track',
  'not_found',
  'request_cancel',
  'cancel',
  'expire',
  'fill_part',
  'fill',
]
const terminal: OrderStatus[] = ['FILLED', 'CANCELED', 'REJECTED', 'DENIED', 'EXPIRED']

const statusAfter = (...happened: OrderEvent[]): OrderStatus =>
  happened.reduce<OrderStatus>((status, event) => nextStatus(status, event) ?? status, 'NEW')

describe('an order', () => {
  it.each<[OrderStatus, OrderEvent[]]>([
    ['FILLED', ['submit', 'acknowledge', 'fill_part', 'fill_part', 'fill']],
    ['FILLED', ['submit', 'fill']],
    ['PARTIALLY_FILLED', ['submit', 'acknowledge', 'fill_part']],
    ['UNKNOWN', ['submit', 'lose_track']],
    ['SUBMITTED', ['submit', 'lose_track', 'acknowledge']],
    ['NEW', ['submit', 'lose_track', 'not_found']],
    ['CANCEL_PENDING', ['submit', 'acknowledge', 'request_cancel']],
    ['CANCELED', ['submit', 'acknowledge', 'fill_part', 'request_cancel', 'fill_part', 'cancel']],
    ['FILLED', ['submit', 'acknowledge', 'request_cancel', 'fill']],
    ['REJECTED', ['submit', 'reject']],
    ['DENIED', ['deny']],
    ['EXPIRED', ['expire']],
    ['EXPIRED', ['submit', 'acknowledge', 'expire']],
  ])('is %s after %j', (status, happened) => {
    expect(statusAfter(...happened)).toBe(status)
  })

  it('ends in exactly these states', () => {
    expect(orderStatuses.filter(isTerminal)).toEqual(terminal)
  })

  it.each(terminal.flatMap(status => events.map(event => ({ status, event }))))(
    'that is $status is not reopened by $event',
    ({ status, event }) => {
      expect(nextStatus(status, event)).toBeNull()
    },
  )

  it('can come to every state', () => {
    const reached = new Set<OrderStatus>(['NEW'])
    for (const status of reached) {
      for (const event of events) {
        const next = nextStatus(status, event)
        if (next) reached.add(next)
      }
    }
    expect([...reached].sort()).toEqual([...orderStatuses].sort())
  })

  it('can end from every state', () => {
    const leadsToEnd = (status: OrderStatus) => events.some(event => terminal.includes(nextStatus(status, event) ?? 'NEW'))
    expect(orderStatuses.filter(status => !isTerminal(status) && !leadsToEnd(status))).toEqual([])
  })

  it('is moved to UNKNOWN only while it is being submitted', () => {
    expect(orderStatuses.filter(status => nextStatus(status, 'lose_track') === 'UNKNOWN')).toEqual(['SUBMITTING'])
  })

  it('is denied by us only before it was sent', () => {
    expect(orderStatuses.filter(status => nextStatus(status, 'deny') !== null)).toEqual(['NEW'])
  })

  it('stays at its end, whatever is told in whatever order', () =>
    assert(
      property(array(constantFrom(...events), { maxLength: 40 }), told => {
        let status: OrderStatus = 'NEW'
        for (const event of told) {
          const next = nextStatus(status, event)
          if (terminal.includes(status)) expect(next).toBeNull()
          status = next ?? status
        }
      }),
    ))

  it('never forgets that something filled, unless a cancel of it was refused', () =>
    assert(
      property(array(constantFrom(...events.filter(event => event !== 'acknowledge')), { maxLength: 20 }), told => {
        const status = statusAfter('submit', 'acknowledge', 'fill_part', ...told)
        expect(['PARTIALLY_FILLED', 'CANCEL_PENDING', 'FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']).toContain(status)
      }),
    ))
})
