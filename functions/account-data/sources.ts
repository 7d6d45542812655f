import type { WritableSecrets } from '../../shared/cloud/cached-secrets.ts'
import type { Publisher } from '../../shared/cloud/publisher.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import {
  type AccountHierarchy,
  accountsOf,
  type BrokerPlan,
  type PlacedAccount,
  readHierarchy,
} from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'

export interface Sources {
  store: Store
  publisher: Publisher
  secrets: WritableSecrets
}

/** @throws Problem 404 before there is a hierarchy */
export async function hierarchyOf(store: Store): Promise<AccountHierarchy> {
  const fund = await readHierarchy(store)
  if (!fund)
    throw new Problem({
      status: 404,
      code: 'NO_ACCOUNT_HIERARCHY',
      detail: 'The fund has no accounts yet. Load them with npm run create-account-hierarchy.',
    })
  return fund
}

/** @throws Problem 404 for an account that is none of the fund's */
export async function placedAccount(store: Store, account_id: string): Promise<PlacedAccount> {
  const placed = accountsOf(await hierarchyOf(store)).find(({ account }) => account.account_id === account_id)
  if (!placed) throw new Problem({ status: 404, code: 'UNKNOWN_ACCOUNT', detail: `The fund has no account ${account_id}.` })
  return placed
}

/** @throws Problem 404 for a broker that is none of the fund's */
export async function brokerOf(store: Store, broker_id: string): Promise<BrokerPlan> {
  const found = (await hierarchyOf(store)).brokers.find(each => each.broker_id === broker_id)
  if (!found) throw new Problem({ status: 404, code: 'UNKNOWN_BROKER', detail: `The fund has no broker ${broker_id}.` })
  return found
}
