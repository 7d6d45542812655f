import { describe, expect, it } from 'vitest'
import { entryTurns } from '../../../../functions/cerebro/entry-turns.ts'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'
import { emptyLedger, type MarginLedger } from '../../../../shared/store/margin-ledger.ts'

const ledgerAt = (grants: number): MarginLedger => ({ ...emptyLedger('fund', 'PAPER'), grants })

const grant = (number: number, order_id: string) => {
  const amounts = { amount: new Decimal(1), amount_fund: new Decimal(1), cash: new Decimal(0) }
  return { number, reservations: [{ order_id, account_id: 'A1', ...amounts } as MarginLedger['reservations'][number]] }
}

const ordersIn = (ledger: MarginLedger | null) => ledger?.reservations.map(({ order_id }) => order_id)

describe('turns of entries', () => {
  it('come one after another in a book, and together in two', async () => {
    const turns = entryTurns()
    const seen: string[] = []
    const work = (name: string) => async () => {
      seen.push(`${name} begins`)
      await Promise.resolve()
      seen.push(`${name} ends`)
    }
    await Promise.all([turns.take('LIVE', work('first')), turns.take('LIVE', work('second')), turns.take('PAPER', work('other'))])
    const live = seen.filter(line => !line.startsWith('other'))
    expect(live).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
    expect(seen.indexOf('other begins')).toBeLessThan(seen.indexOf('second begins'))
  })

  it('go on after one that failed', async () => {
    const turns = entryTurns()
    const failed = turns.take('LIVE', () => Promise.reject(new Error('no')))
    const next = turns.take('LIVE', async () => 'done')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('done')
  })

  it('add what this process granted since a ledger was read', () => {
    const turns = entryTurns()
    turns.granted('PAPER', grant(4, 'O4'))
    turns.granted('PAPER', grant(5, 'O5'))
    const latest = turns.since(ledgerAt(4))
    expect(ordersIn(latest)).toEqual(['O5'])
    expect(latest?.grants).toBe(5)
    const newest = ledgerAt(5)
    expect(turns.since(newest)).toBe(newest)
  })

  it('forget what is no longer in a ledger that was put back', () => {
    const turns = entryTurns()
    turns.granted('PAPER', grant(3, 'O3'))
    turns.granted('PAPER', grant(4, 'O4'))
    turns.met(ledgerAt(3))
    expect(turns.isShared('PAPER')).toBe(true)
    const latest = ledgerAt(3)
    expect(turns.since(latest)).toBe(latest)
    expect(ordersIn(turns.since(ledgerAt(2)))).toEqual(['O3'])
  })

  it('do not know what another process granted in between', () => {
    const turns = entryTurns()
    turns.granted('PAPER', grant(6, 'O6'))
    expect(turns.since(ledgerAt(4))).toBeNull()
  })
})
