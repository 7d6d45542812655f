import { Decimal } from '../domain/money/decimal.ts'
import { type Account, accountsOf, type BrokerPlan, putHierarchy, readHierarchyNow } from './account-hierarchy.ts'
import { currentState } from './accounts.ts'
import type { Store } from './collection.ts'
import { openPaperAccount, paperAccountOf } from './paper-book.ts'

const START_CASH = '1000000'

/**
 * Opens the books of a version of Cerebro in shadow (CER-11): for each account of the fund's own mode a paper account of the same kind and
 * currency, with the equity of now. Those that are open stay as they are. Returns how many accounts it has.
 */
export async function openShadowBook(store: Store, version: string): Promise<number> {
  const fund = await readHierarchyNow(store)
  if (!fund) return 0
  const broker_id = `Shadow_${version}`
  const real = accountsOf(fund).filter(({ account }) => account.trading_mode !== 'SHADOW' && account.status !== 'CLOSED')
  const mode = real.some(({ account }) => account.trading_mode === 'LIVE') ? 'LIVE' : 'PAPER'
  const accounts = real.filter(({ account }) => account.trading_mode === mode).map(({ account }) => shadowOf(account, version))
  for (const account of accounts) await openBook(store, broker_id, account)
  const broker: BrokerPlan = { broker_id, broker_name: `Cerebro ${version} in shadow`, adapter: 'paper', connection: {}, accounts }
  const known = fund.brokers.find(each => each.broker_id === broker_id)
  if (JSON.stringify(known) !== JSON.stringify(broker)) {
    await putHierarchy(store, { ...fund, brokers: [...fund.brokers.filter(each => each !== known), broker] })
  }
  return accounts.length
}

const shadowOf = (account: Account, version: string): Account => ({
  ...account,
  account_id: `${account.account_id}_${version}`,
  trading_mode: 'SHADOW',
  description: `What ${version} would have made of ${account.account_id}`,
  mirrors: account.account_id,
})

async function openBook(store: Store, broker_id: string, { account_id, account_type, currency, mirrors = '' }: Account): Promise<void> {
  if (await paperAccountOf(store, account_id)) return
  const start_cash = (await currentState(store, mirrors))?.equity ?? (await paperAccountOf(store, mirrors))?.start_cash
  await openPaperAccount(store, { account_id, broker_id, account_type, currency, start_cash: start_cash ?? new Decimal(START_CASH) })
}
