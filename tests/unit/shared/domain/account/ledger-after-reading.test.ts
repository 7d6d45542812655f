import { describe, expect, it } from 'vitest'
import { ledgerAfterReading, type Reading } from '../../../../../shared/domain/account/ledger-after-reading.ts'
import { ONE, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import { type LedgerShape, ledgerOf, minute, money, pool, reserved, shown } from './ledger-of.ts'

interface Said {
  equity?: number
  cash?: number
  margin_used?: number
  as_of?: Date
  account_id?: string
  account_type?: string
  rates?: Record<string, string>
}

/** A1, a MARGIN account in the fund's currency, read ten minutes after the hour, unless told otherwise. */
const reading = (said: Said = {}): Reading => {
  const { equity = 100_000, cash = 0, margin_used = 0, as_of = minute(10), account_id = 'A1', account_type = 'MARGIN' } = said
  const rates: Record<string, string> = { A1: '1', A2: '1', ...said.rates }
  return {
    account: { account_id, account_type },
    reading: { equity: money(equity), cash: money(cash), margin_used: money(margin_used), as_of },
    limit_pct: money(40),
    rateOf: id => (rates[id] === undefined ? null : money(rates[id])),
  }
}

const ledgerAfter = (ledger: LedgerShape, said: Said = {}) => {
  const next = ledgerAfterReading(ledger, reading(said))
  if (!next) throw new Error('the reading changed nothing')
  return next
}

describe('a ledger after an account was read', () => {
  it('has 40 % of equity free, less margin used', () => {
    // 0.4 × 120,000 − 18,000 = 30,000
    const next = ledgerAfter(ledgerOf(), { equity: 120_000, margin_used: 18_000 })
    expect(shown(next)).toEqual({ fund_free: '30000', free: { A1: '30000' }, reservations: [] })
    expect(next.fund).toMatchObject({ equity: money(120_000), margin_used: money(18_000) })
    expect(next.accounts.A1?.as_of).toEqual(minute(10))
  })

  it('still holds every live reservation, whatever the broker shows', () => {
    // 40,000 − 1,000
    expect(shown(ledgerAfter(ledgerOf(reserved('O1')), {}))).toEqual({
      fund_free: '39000',
      free: { A1: '39000' },
      reservations: ['O1 live 1000 for 100'],
    })
  })

  it('drops what filled before the broker was asked, since the broker counts it now', () => {
    const filled = reserved('O1', { state: 'filled_unsynced', at: minute(9) })
    // 40,000 − 900 used at the broker
    expect(shown(ledgerAfter(ledgerOf(filled), { margin_used: 900 }))).toEqual({
      fund_free: '39100',
      free: { A1: '39100' },
      reservations: [],
    })
  })

  it('keeps what filled when the broker was asked or later, since this reading may not show it', () => {
    const same = reserved('O1', { state: 'filled_unsynced', at: minute(10) })
    const later = reserved('O2', { state: 'filled_unsynced', at: minute(11) })
    expect(shown(ledgerAfter(ledgerOf(same, later)))).toMatchObject({
      free: { A1: '38000' },
      reservations: ['O1 filled_unsynced 1000 for 100', 'O2 filled_unsynced 1000 for 100'],
    })
  })

  it('keeps what filled in other accounts', () => {
    const other = reserved('O1', { account_id: 'A2', state: 'filled_unsynced', at: minute(9) })
    const ledger = { ...ledgerOf(other), accounts: { A1: pool(40_000), A2: pool(39_000) } }
    // the fund: 0.4 × 200,000 − 1,000
    expect(shown(ledgerAfter(ledger))).toMatchObject({
      fund_free: '79000',
      free: { A1: '40000', A2: '39000' },
      reservations: ['O1 filled_unsynced 1000 for 100'],
    })
  })

  it('has less than nothing free over the limit', () => {
    expect(shown(ledgerAfter(ledgerOf(), { equity: 100_000, margin_used: 45_000 }))).toMatchObject({
      free: { A1: '-5000' },
      fund_free: '-5000',
    })
  })

  it('takes in an account that was never read', () => {
    const empty = { fund: { free: ZERO, equity: ZERO, margin_used: ZERO }, accounts: {}, reservations: [] }
    expect(shown(ledgerAfter(empty, { equity: 50_000 }))).toMatchObject({ fund_free: '20000', free: { A1: '20000' } })
  })

  it('sums accounts in the fund’s currency', () => {
    // A2: 200,000 at 0.5 = 100,000, used 10,000 = 5,000; with A1: 0.4 × 200,000 − 5,000 = 75,000
    const next = ledgerAfter(ledgerOf(), { account_id: 'A2', equity: 200_000, margin_used: 10_000, rates: { A2: '0.5' } })
    expect(shown(next)).toMatchObject({ fund_free: '75000', free: { A1: '40000', A2: '70000' } })
    expect(next.fund).toMatchObject({ equity: money(200_000), margin_used: money(5_000) })
  })

  it('is refused where an account has no rate', () => {
    const ledger = { ...ledgerOf(), accounts: { A1: pool(40_000), A3: pool(40_000) } }
    expect(() => ledgerAfterReading(ledger, reading())).toThrow('FX_UNAVAILABLE: account_id=A3')
  })

  it('counts cash that is not promised, where the account pays in full', () => {
    const ledger = ledgerOf(reserved('O1', { cash: money(700) }))
    expect(ledgerAfter(ledger, { account_type: 'CASH', cash: 5_000 }).accounts.A1?.cash.toString()).toBe('4300')
    expect(ledgerAfter(ledger, { account_type: 'CRYPTO', cash: 5_000 }).accounts.A1?.cash.toString()).toBe('4300')
    expect(ledgerAfter(ledgerOf(), { account_type: 'CASH', cash: -300 }).accounts.A1?.cash.toString()).toBe('0')
  })

  it('counts no cash where the broker lends', () => {
    expect(ledgerAfter(ledgerOf(), { cash: 5_000 }).accounts.A1?.cash.toString()).toBe('0')
  })

  it('changes nothing for a reading that is not newer', () => {
    const read = ledgerAfter(ledgerOf(), {})
    expect(ledgerAfterReading(read, reading({ equity: 1 }))).toBeNull()
    expect(ledgerAfterReading(read, reading({ equity: 1, as_of: minute(9) }))).toBeNull()
    expect(ledgerAfterReading(read, reading({ as_of: minute(11) }))).not.toBeNull()
  })

  it('keeps all else that the ledger says', () => {
    const ledger = { ...ledgerOf(), version: 7, limit: ONE }
    expect(ledgerAfterReading(ledger, reading())).toMatchObject({ version: 7, limit: ONE })
  })
})
