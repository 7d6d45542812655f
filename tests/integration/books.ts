import type { Db, Document } from 'mongodb'
import { expect } from 'vitest'
import { Decimal } from '../../shared/domain/money/decimal.ts'

const ZERO = new Decimal(0)
const decimal = (value: unknown) => new Decimal(String(value))

const add = (totals: Map<string, Decimal>, key: string, change: Decimal) => totals.set(key, (totals.get(key) ?? ZERO).plus(change))

/**
 * What the broker's book says, recomputed from nothing but its start and its fills: full-value instruments move cash by their value,
 * margined ones by their value less what the open position cost. Equal to the last digit, or the test fails.
 */
export async function expectBrokersBookToAddUp(db: Db): Promise<void> {
  const [accounts, fills, instruments] = await Promise.all([
    db.collection('paper_accounts').find().toArray(),
    db.collection('paper_fills').find().toArray(),
    db.collection('instruments').find().toArray(),
  ])
  const known = new Map<string, Document>(instruments.map(instrument => [instrument.instrument_id, instrument]))
  for (const account of accounts) {
    const money = new Map<string, Decimal>([[account.currency, decimal(account.start_cash)]])
    const held = new Map<string, Decimal>()
    for (const fill of fills.filter(({ account_id }) => account_id === account.account_id)) {
      const { multiplier, currency } = known.get(fill.instrument_id) as Document
      const quantity = fill.action === 'BUY' ? decimal(fill.quantity) : decimal(fill.quantity).neg()
      add(held, fill.instrument_id, quantity)
      add(money, currency, quantity.times(decimal(fill.price)).times(decimal(multiplier)).neg())
      add(money, fill.commission_currency, decimal(fill.commission).neg())
    }
    for (const position of account.positions) {
      const { asset_class, currency } = known.get(position.instrument_id) as Document
      if (['FUTURE', 'FOREX'].includes(asset_class)) add(money, currency, decimal(position.cost))
      expect(String(position.quantity), position.instrument_id).toBe(held.get(position.instrument_id)?.toString())
      held.delete(position.instrument_id)
    }
    for (const [instrument_id, quantity] of held) expect(quantity.toString(), `${instrument_id}, which the book does not hold`).toBe('0')
    for (const [currency, cash] of Object.entries(account.cash)) {
      expect(decimal(cash).toString(), `${account.account_id} ${currency}`).toBe((money.get(currency) ?? ZERO).toString())
    }
  }
}

/** Our positions, summed over strategies, are the broker's; every fill of the broker is booked once; no claim or reservation is left over. */
export async function expectOurBooksToBeTheBrokers(db: Db): Promise<void> {
  const [positions, accounts, ours, theirs, ledgers] = await Promise.all([
    db.collection('positions').find().toArray(),
    db.collection('paper_accounts').find().toArray(),
    db.collection('fills').find().toArray(),
    db.collection('paper_fills').find().toArray(),
    db.collection('margin_ledger').find().toArray(),
  ])
  const quantities = new Map<string, Decimal>()
  for (const { account_id, instrument_id, quantity } of positions) add(quantities, `${account_id} ${instrument_id}`, decimal(quantity))
  for (const account of accounts) {
    for (const { instrument_id, quantity } of account.positions)
      add(quantities, `${account.account_id} ${instrument_id}`, decimal(quantity).neg())
  }
  expect([...quantities].filter(([, difference]) => !difference.isZero())).toEqual([])
  expect(ours.map(({ execution_id }) => execution_id).sort()).toEqual(theirs.map(({ execution_id }) => execution_id).sort())
  expect(ours.filter(({ booked }) => !booked)).toEqual([])
  expect(positions.flatMap(({ pending_fills, closing }) => [...pending_fills, ...closing])).toEqual([])
  expect(ledgers.flatMap(({ reservations }) => reservations.filter((held: { state: string }) => held.state === 'live'))).toEqual([])
}
