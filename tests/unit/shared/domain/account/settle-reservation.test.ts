import { describe, expect, it } from 'vitest'
import { type Progress, settle } from '../../../../../shared/domain/account/settle-reservation.ts'
import { type LedgerShape, ledgerOf, minute, money, reserved, shown } from './ledger-of.ts'

/** Progress of the order O1 for 100. */
const filled = (quantity: number, ended = false): Progress => ({
  order_id: 'O1',
  quantity: money(100),
  filled: money(quantity),
  ended,
  at: minute(5),
})

const settled = (ledger: LedgerShape, ...steps: Progress[]): LedgerShape =>
  steps.reduce((current, step) => settle(current, step) ?? current, ledger)

describe('a reservation along with its order', () => {
  it('is split by what filled; nothing is free of it yet', () => {
    // 30 of 100: 300 of 1,000
    expect(shown(settled(ledgerOf(reserved('O1')), filled(30)))).toEqual({
      fund_free: '39000',
      free: { A1: '39000' },
      reservations: ['O1 filled_unsynced 300 for 30', 'O1 live 700 for 70'],
    })
  })

  it('is split again by what fills later, counted from the start', () => {
    expect(shown(settled(ledgerOf(reserved('O1')), filled(30), filled(80))).reservations).toEqual([
      'O1 filled_unsynced 300 for 30',
      'O1 filled_unsynced 500 for 50',
      'O1 live 200 for 20',
    ])
  })

  it('is free for the part of an ended order that did not fill', () => {
    expect(shown(settled(ledgerOf(reserved('O1')), filled(30, true)))).toEqual({
      fund_free: '39700',
      free: { A1: '39700' },
      reservations: ['O1 filled_unsynced 300 for 30'],
    })
  })

  it('is free whole where the order ended without a fill', () => {
    expect(shown(settled(ledgerOf(reserved('O1')), filled(0, true)))).toEqual({
      fund_free: '40000',
      free: { A1: '40000' },
      reservations: [],
    })
  })

  it('waits whole where the order filled whole', () => {
    expect(shown(settled(ledgerOf(reserved('O1')), filled(100, true)))).toEqual({
      fund_free: '39000',
      free: { A1: '39000' },
      reservations: ['O1 filled_unsynced 1000 for 100'],
    })
  })

  it('is never more than it was, where more filled than was asked for', () => {
    expect(shown(settled(ledgerOf(reserved('O1')), filled(120, true))).reservations).toEqual(['O1 filled_unsynced 1000 for 100'])
  })

  it('gives cash back with the rest, in the account’s currency', () => {
    // 900 cash for 100: 60 unfilled give back 540
    const next = settled(ledgerOf(reserved('O1', { cash: money(900), amount_fund: money(1100) })), filled(40, true))
    expect(next.accounts.A1?.cash.toString()).toBe('540')
    // in the fund's currency 1,100 × 60 %
    expect(next.fund.free.toString()).toBe('39660')
  })

  it('marks the filled part with the time of the booking and keeps the rest’s', () => {
    expect(settled(ledgerOf(reserved('O1')), filled(30)).reservations.map(({ at }) => at)).toEqual([minute(5), minute(0)])
  })

  it('splits what has no end into parts that add up to the last digit', () => {
    // 1,000 / 3
    const [one, rest] = settled(ledgerOf(reserved('O1', { quantity: money(3) })), { ...filled(1), quantity: money(3) }).reservations
    expect([one?.amount.toString(), rest?.amount.toString()]).toEqual(['333.3333333333333333', '666.6666666666666667'])
  })

  it('leaves the reservations of other orders alone', () => {
    const next = settled(ledgerOf(reserved('O1'), reserved('O2')), filled(0, true))
    expect(shown(next)).toMatchObject({ free: { A1: '39000' }, reservations: ['O2 live 1000 for 100'] })
  })
})

describe('what was told before', () => {
  it.each([filled(0), filled(30), filled(30, true), filled(100), filled(0, true)])(
    'changes nothing again: $filled filled, ended $ended',
    step => {
      expect(settle(settled(ledgerOf(reserved('O1')), step), step)).toBeNull()
    },
  )

  it('changes nothing where it comes late', () => {
    expect(settle(settled(ledgerOf(reserved('O1')), filled(60)), filled(30))).toBeNull()
    expect(settle(settled(ledgerOf(reserved('O1')), filled(60, true)), filled(30))).toBeNull()
  })

  it('changes nothing for an order that holds nothing', () => {
    expect(settle(ledgerOf(), filled(30))).toBeNull()
  })
})
