import { array, assert, boolean, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'
import { askAgain, claimed, emptyWorld, end, fill, send, settleAll, type World, workingOrders } from './exit-world.ts'

type Step =
  | { kind: 'send'; action: 'BUY' | 'SELL'; type: 'EXIT' | null; asked: number | null; after: number | null }
  | { kind: 'fill'; which: number; percent: number }
  | { kind: 'end'; which: number }
  | { kind: 'ask'; which: number; halted: boolean }

const steps = array(
  oneof(
    record({
      kind: constantFrom('send' as const),
      action: constantFrom('BUY' as const, 'SELL' as const),
      type: constantFrom('EXIT' as const, null),
      asked: oneof(constantFrom(null), integer({ min: 1, max: 20 })),
      after: oneof(constantFrom(null), integer({ min: -20, max: 20 })),
    }),
    record({ kind: constantFrom('fill' as const), which: integer({ min: 0, max: 9 }), percent: integer({ min: 1, max: 100 }) }),
    record({ kind: constantFrom('end' as const), which: integer({ min: 0, max: 9 }) }),
    record({ kind: constantFrom('ask' as const), which: integer({ min: 0, max: 9 }), halted: boolean() }),
  ),
  { maxLength: 25 },
)

const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)]

function take(world: World, step: Step): void {
  if (step.kind === 'send') {
    const { action, type, asked, after } = step
    send(world, { action, signal_type: type, requested_quantity: asked === null ? null : new Decimal(asked) }, { after })
    return
  }
  if (step.kind === 'ask') {
    const decided = pick(world.decisions, step.which)
    if (decided) askAgain(world, decided, step.halted)
    return
  }
  const order = pick(workingOrders(world), step.which)
  if (!order) return
  if (step.kind === 'end') {
    end(world, order)
    return
  }
  const open = order.quantity.minus(order.filled)
  const part = open.times(step.percent).div(100).ceil()
  fill(world, order, Decimal.min(part, open))
}

const expectNoExitTooLarge = ({ exitFills }: World) => {
  for (const { before, quantity, action } of exitFills) {
    expect(before.isPositive() === (action === 'SELL'), `${action} ${quantity} of ${before}`).toBe(true)
    expect(quantity.lte(before.abs()), `${action} ${quantity} of ${before}`).toBe(true)
  }
}

describe('exits, whatever is sent, filled, canceled and asked again', () => {
  it('never close more than there is, however many work at once', () =>
    assert(
      property(steps, given => {
        const world = emptyWorld()
        for (const step of given) {
          take(world, step)
          expect(claimed(world).lte(world.position.abs())).toBe(true)
        }
        settleAll(world)
        expectNoExitTooLarge(world)
        expect(claimed(world).isZero()).toBe(true)
      }),
      { numRuns: 1000 },
    ))

  it('close everything that a whole exit meets, fills that beat the cancel among it', () =>
    assert(
      property(integer({ min: 1, max: 100 }), integer({ min: 0, max: 100 }), boolean(), (before, beaten, halted) => {
        const world = emptyWorld()
        send(world, { action: 'BUY' })
        const [entry] = workingOrders(world)
        if (!entry) return
        fill(world, entry, entry.quantity.times(before).div(100).floor())
        send(world, { action: 'SELL' })
        const late = Decimal.min(entry.quantity.minus(entry.filled), entry.quantity.times(beaten).div(100).floor())
        if (late.gt(0) && !entry.ended) fill(world, entry, late)
        if (!entry.ended) end(world, entry, halted)
        for (const decided of world.decisions) askAgain(world, decided)
        settleAll(world)
        expect(world.position.toString()).toBe('0')
        expectNoExitTooLarge(world)
      }),
    ))

  it('leave a reversal on the wanted side, and only there', () =>
    assert(
      property(
        constantFrom('BUY' as const, 'SELL' as const),
        integer({ min: 0, max: 100 }),
        integer({ min: 0, max: 100 }),
        (first, filled, beaten) => {
          const world = emptyWorld()
          send(world, { action: first })
          const [entry] = workingOrders(world)
          if (!entry) return
          const part = entry.quantity.times(filled).div(100).floor()
          if (part.gt(0)) fill(world, entry, part)
          const other = first === 'BUY' ? 'SELL' : 'BUY'
          const decided = send(world, { action: other, requested_quantity: new Decimal(20) }, { after: other === 'BUY' ? 10 : -10 })
          const late = Decimal.min(entry.quantity.minus(entry.filled), entry.quantity.times(beaten).div(100).floor())
          if (late.gt(0) && !entry.ended) fill(world, entry, late)
          if (!entry.ended) end(world, entry)
          settleAll(world)
          expect(decided.legs.map(({ signal_type, decision }) => `${signal_type} ${decision}`)).toEqual(['EXIT APPROVED', 'ENTRY APPROVED'])
          expect(world.position.isZero()).toBe(false)
          expect(world.position.isPositive()).toBe(other === 'BUY')
          expectNoExitTooLarge(world)
        },
      ),
    ))
})
