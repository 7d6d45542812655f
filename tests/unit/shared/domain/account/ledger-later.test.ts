import { describe, expect, it } from 'vitest'
import { ledgerLater } from '../../../../../shared/domain/account/ledger-later.ts'
import { ledgerWithGrant } from '../../../../../shared/domain/account/ledger-with-grant.ts'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'

const [early, late] = [new Date('2026-03-02T15:00:00Z'), new Date('2026-03-02T15:00:01Z')]
const money = (amount: number) => new Decimal(amount)

const held = (order_id: string, state: 'live' | 'filled_unsynced', at = early) => ({
  order_id,
  state,
  at,
  quantity: money(10),
  account_id: 'A1',
  amount: money(100),
  cash: money(30),
  amount_fund: money(50),
})
type Held = ReturnType<typeof held>

const ledger = (reservations: Held[], as_of = early) => ({
  grants: 7,
  fund: { free: money(1000) },
  accounts: { A1: { free: money(400), cash: money(60), as_of }, A2: { free: money(5), cash: money(5), as_of: early } },
  reservations,
})

describe('a ledger that was read after the positions', () => {
  const statesOf = (later: ReturnType<typeof ledger> | null) => later?.reservations.map(({ order_id, state }) => `${order_id} ${state}`)

  it('counts what filled in between as if it worked still', () => {
    const before = ledger([held('O1', 'live'), held('O2', 'filled_unsynced')])
    const later = ledgerLater(
      before,
      ledger([held('O1', 'filled_unsynced', late), held('O2', 'filled_unsynced'), held('O3', 'live', late)]),
    )
    expect(statesOf(later)).toEqual(['O1 live', 'O2 filled_unsynced', 'O3 live'])
  })

  it('counts a second part that filled in between', () => {
    const before = ledger([held('O1', 'filled_unsynced'), held('O1', 'live')])
    const later = ledgerLater(before, ledger([held('O1', 'filled_unsynced'), held('O1', 'filled_unsynced', late)]))
    expect(statesOf(later)).toEqual(['O1 filled_unsynced', 'O1 live'])
  })

  it('does not serve where an account was read in between, and with it what filled has gone', () => {
    expect(ledgerLater(ledger([held('O1', 'live')]), ledger([], late))).toBeNull()
  })
})

describe('a ledger after one more grant', () => {
  it('has less free in the account and the fund, and counts it', () => {
    const after = ledgerWithGrant(ledger([]), [held('O1', 'live'), held('O2', 'live')])
    expect(after.grants).toBe(8)
    expect(after.fund.free.toString()).toBe('900')
    expect(after.accounts.A1).toMatchObject({ free: money(200), cash: money(0) })
    expect(after.accounts.A2).toMatchObject({ free: money(5), cash: money(5) })
    expect(after.reservations.map(({ order_id }) => order_id)).toEqual(['O1', 'O2'])
  })
})
