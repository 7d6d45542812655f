import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'

/** What would change, one line each: + new, - gone, ~ otherwise than before; empty when nothing would. */
export function differences(before: AccountHierarchy | null, after: AccountHierarchy): string[] {
  const [old, wanted] = [before ? linesOf(before) : new Map<string, string>(), linesOf(after)]
  return [
    ...[...old].filter(([path]) => !wanted.has(path)).map(([path, value]) => `- ${path}: ${value}`),
    ...[...wanted].flatMap(([path, value]) => {
      const was = old.get(path)
      if (was === undefined) return [`+ ${path}: ${value}`]
      return was === value ? [] : [`~ ${path}: ${was} → ${value}`]
    }),
  ]
}

/** Accounts that are in the fund and would be gone: they have a history, so that they are closed, never taken out. */
export function goneAccounts(before: AccountHierarchy | null, after: AccountHierarchy): string[] {
  const kept = new Set(accountsOf(after).map(({ account }) => account.account_id))
  return (before ? accountsOf(before) : []).map(({ account }) => account.account_id).filter(id => !kept.has(id))
}

function linesOf({ _id, brokers, ...fund }: AccountHierarchy): Map<string, string> {
  const lines = new Map<string, string>()
  const add = (path: string, fields: object) => {
    for (const [field, value] of Object.entries(fields)) lines.set(`${path}.${field}`, JSON.stringify(value))
  }
  add(_id, fund)
  for (const { broker_id, accounts, ...broker } of brokers) {
    add(broker_id, broker)
    for (const { account_id, ...account } of accounts) add(`${broker_id}.${account_id}`, account)
  }
  return lines
}
