import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { goneAccounts } from '../../../../scripts/account-hierarchy/differences.ts'
import { readHierarchyFile } from '../../../../scripts/account-hierarchy/read-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'hierarchy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const account = (account_id: string) => ({
  account_id,
  account_type: 'MARGIN',
  currency: 'USD',
  status: 'ACTIVE',
  trading_mode: 'PAPER',
  description: '',
})
const bank = (changes: object = {}) => ({
  broker_id: 'Bank',
  broker_name: 'Bank',
  adapter: 'paper',
  connection: {},
  accounts: [account('Bank_1')],
  ...changes,
})

function read(...brokers: object[]) {
  const file = join(folder, 'fund.yaml')
  writeFileSync(file, stringify({ fund_name: 'Fund', base_currency: 'USD', brokers }))
  return readHierarchyFile(file, 'fund')
}

describe('a file of the account hierarchy', () => {
  it('is the fund that it says', () => {
    expect(read(bank())).toMatchObject({ _id: 'fund', brokers: [{ broker_id: 'Bank', accounts: [{ account_id: 'Bank_1' }] }] })
  })

  it.each([
    ['an adapter that nobody has', { adapter: 'unheard-of' }, 'adapter'],
    ['a field that nobody knows', { collection: 'x' }, 'collection'],
    ['a secret itself', { connection: { api_key: 'abc' } }, 'api_key has no place in a file'],
    ['what is no name of a secret', { connection: { secret: 'Not A Name' } }, 'secret must be the name of a secret'],
    ['live money at a paper broker', { accounts: [{ ...account('Bank_1'), trading_mode: 'LIVE' }] }, 'Bank_1 is LIVE'],
  ])('is refused with %s', (_name, changes, fault) => {
    expect(() => read(bank(changes))).toThrow(fault)
  })

  it('is refused with all of its faults at once', () => {
    const twice = () => read(bank(), bank({ connection: { password: 'abc' } }))
    for (const fault of ['broker_id Bank', 'account_id Bank_1', 'password has no place']) expect(twice).toThrow(fault)
  })

  it('takes no account out that has a history', () => {
    const before = read(bank({ accounts: [account('Bank_1'), account('Bank_2')] }))
    expect([goneAccounts(before, read(bank())), goneAccounts(before, before), goneAccounts(null, before)]).toEqual([['Bank_2'], [], []])
  })
})
