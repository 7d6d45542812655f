import { setTimeout as delay } from 'node:timers/promises'
import type { Db, Document } from 'mongodb'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { LIMIT } from './check.ts'

const EVERY_MS = 150

const total = (held: readonly Document[], field: string) => held.reduce((sum, each) => sum.plus(String(each[field])), new Decimal(0))
const largest = (held: readonly Document[], field: string) => Decimal.max(0, ...held.map(each => String(each[field])))

/**
 * What is wrong with a ledger as it stands at one moment: all that is granted in it, in one account or in the fund, is more than the limit
 * on the equity that the latest of these grants was judged by.
 */
export function grantsPastLimit({ trading_mode, reservations }: Document): string[] {
  const held = reservations as Document[]
  const over = (name: string, those: readonly Document[], [amount, equity]: [string, string]) => {
    const [granted, limit] = [total(those, amount), largest(those, equity).times(LIMIT)]
    return granted.gt(limit) ? [`${trading_mode} ${name}: ${granted} was granted at once, past ${limit}`] : []
  }
  const accounts = [...Map.groupBy(held, ({ account_id }) => String(account_id))]
  return [
    ...accounts.flatMap(([account_id, those]) => over(account_id, those, ['amount', 'equity'])),
    ...over('fund', held, ['amount_fund', 'equity_fund']),
  ]
}

/** Looks at the margin ledger again and again while everything goes wrong; at its end, every different fault that it saw. */
export function watchGrants(db: Db): { stop(): Promise<string[]> } {
  const faults = new Set<string>()
  let stopping = false
  const watching = (async () => {
    while (!stopping) {
      const ledgers = await db
        .collection('margin_ledger')
        .find({})
        .toArray()
        .catch(() => [])
      for (const fault of ledgers.flatMap(grantsPastLimit)) faults.add(fault)
      await delay(EVERY_MS)
    }
  })()
  return {
    async stop() {
      stopping = true
      await watching
      return [...faults]
    },
  }
}
