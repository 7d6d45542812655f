import { Decimal128 } from 'mongodb'
import { expect, it } from 'vitest'
import { settleTransfers } from '../../functions/sync-accounts/carry-out-transfers.ts'
import { syncAccount } from '../../functions/sync-accounts/sync-account.ts'
import { updateTransfers } from '../../functions/sync-accounts/transfers.ts'
import type { Account } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { paperAccountOf } from '../../shared/store/paper-book.ts'
import { insertTransfer, moveTransfer, openTransfers } from '../../shared/store/transfers.ts'
import { at, money } from '../unit/shared/brokers/paper/samples.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const syncOver = (store: Store) => ({
  store,
  brokers: async () => house.broker(),
  time_zone: 'UTC',
  flush: async () => undefined,
  deadline_ms: 5_000,
})
const requested_at = new Date('2026-03-02T16:00:00Z')

it('an account whose cash was moved is read from after that moment, whoever had it moved and however late it is asked for', async () => {
  const [from_account, to_account, other] = [await house.account(), await house.account(), await house.account()]
  const proposal = {
    fund_id: house.store.fund_id,
    broker_id: 'PAPER',
    from_account,
    to_account,
    currency: 'USD',
    amount: money(1_000),
    from_margin_pct: money(10),
    to_margin_pct: money(40),
    status: 'PROPOSED' as const,
    proposed_at: at,
    decided_by: null,
    decided_at: null,
    recorded_by: null,
    recorded_at: null,
    reference: null,
    reason: null,
  }
  await insertTransfer(house.store, { proposal, number: 1, messages: [] })
  for (const open of await openTransfers(house.store))
    await moveTransfer(house.store, open, { status: 'APPROVED', decided_at: requested_at })
  const asked = (account_id: string) => settleTransfers(syncOver(house.store), account_id, requested_at)

  const moments = [...(await Promise.all([asked(from_account), asked(to_account)])), await asked(to_account)]
  expect(moments.every(moment => moment > requested_at)).toBe(true)
  expect(await asked(other)).toEqual(requested_at)
  const cash = await Promise.all([from_account, to_account].map(async each => (await paperAccountOf(house.store, each))?.cash))
  expect(cash.map(amounts => amounts?.USD?.toFixed())).toEqual(['999000', '1001000'])
})

it.each(['transfers.countDocuments', 'transfers.find', 'transfers.insertOne'])(
  'one that needs cash gets one proposal, though another looks at %s',
  async call => {
    const accounts = await Promise.all(
      [1, 2].map(
        async (): Promise<Account> => ({
          account_id: await house.account(),
          account_type: 'MARGIN',
          trading_mode: 'PAPER',
          currency: 'USD',
          status: 'ACTIVE',
          description: '',
        }),
      ),
    )
    const broker = { broker_id: 'PAPER', broker_name: '', adapter: 'paper' as const, connection: {}, accounts }
    const fund = { _id: 'fund', fund_name: 'F', base_currency: 'USD', brokers: [broker] }
    for (const account of accounts) await syncAccount(syncOver(house.store), fund, { account, broker })
    const [needy] = accounts
    const margin_used = Decimal128.fromString('500000')
    await house.store.db.collection('account_current').updateOne({ account_id: needy?.account_id }, { $set: { margin_used } })
    const meanwhile = house.hookedAt(call, 1, async ask => {
      await updateTransfers(syncOver(house.store), fund)
      return ask()
    })
    await updateTransfers(syncOver(meanwhile), fund)
    const proposed = (await openTransfers(house.store)).map(({ to_account }) => to_account)
    expect(proposed.filter(each => each === needy?.account_id)).toHaveLength(1)
  },
)
