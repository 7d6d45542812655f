import { z } from 'zod'
import { identifier } from '../../../shared/messages/codecs.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { accountsOf, readHierarchy } from '../../../shared/store/account-hierarchy.ts'
import type { Store } from '../../../shared/store/collection.ts'
import type { SwitchScope } from '../../../shared/store/settings.ts'
import { strategyById } from '../../../shared/store/strategy-configurations.ts'

/** What a switch or an exit is for: the fund, or an account or strategy by its id. */
export const targetFields = {
  scope: z.enum(['fund', 'account', 'strategy']),
  id: identifier.nullable().optional(),
  account_id: identifier.optional(),
  strategy_id: identifier.optional(),
}

/** @throws Problem 422 where it is named by no id, or by one that nothing has */
export async function targetOf(store: Store, given: z.output<z.ZodObject<typeof targetFields>>): Promise<SwitchScope> {
  const { scope } = given
  if (scope === 'fund') return { kind: scope }
  const id = given.id ?? (scope === 'account' ? given.account_id : given.strategy_id)
  if (!id) throw refusal(`Name the ${scope} by its id.`)
  if (!(await exists(store, scope, id))) throw refusal(`The fund has no ${scope} ${id}.`)
  return { kind: scope, id }
}

const exists = async (store: Store, scope: 'account' | 'strategy', id: string): Promise<boolean> => {
  if (scope === 'strategy') return (await strategyById(store, id)) !== null
  const fund = await readHierarchy(store)
  return fund !== null && accountsOf(fund).some(({ account }) => account.account_id === id)
}

const refusal = (detail: string) => new Problem({ status: 422, code: 'UNKNOWN_TARGET', detail, errors: [{ path: 'id', message: detail }] })

/** What the target is called in sentences and confirmations. */
export const targetName = (target: SwitchScope): string => (target.kind === 'fund' ? 'fund' : target.id)
