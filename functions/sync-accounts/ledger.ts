import { ledgerAfterReading } from '../../shared/domain/account/ledger-after-reading.ts'
import type { AccountState } from '../../shared/messages/account.ts'
import type { Account, AccountHierarchy } from '../../shared/store/account-hierarchy.ts'
import { accountsOf } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'
import { createLedger, emptyLedger, ledgerOf, replaceLedger } from '../../shared/store/margin-ledger.ts'
import { readSettings } from '../../shared/store/settings.ts'

interface Reading {
  account: Account
  state: AccountState
}

interface Batch {
  readings: Reading[]
  written: Promise<void>
}

/** By fund and mode: readings that wait until the write before theirs has ended. */
const waiting = new Map<string, Batch>()
const running = new Map<string, Promise<void>>()

/**
 * Sets what is free from what brokers say (CER-4), and drops the filled reservations that these readings show. Readings that come while one
 * write runs go together in the next: a hundred accounts do not contend for the one document.
 */
export function updateLedger(store: Store, fund: AccountHierarchy, reading: Reading): Promise<void> {
  const key = [store.db.databaseName, store.fund_id, reading.account.trading_mode].join('\n')
  const joined = waiting.get(key)
  if (joined) {
    joined.readings.push(reading)
    return joined.written
  }
  const readings = [reading]
  const before = running.get(key) ?? Promise.resolve()
  const written = before
    .catch(() => undefined)
    .then(() => {
      waiting.delete(key)
      return writeReadings(store, fund, readings)
    })
  waiting.set(key, { readings, written })
  running.set(key, written)
  return written
}

async function writeReadings(store: Store, fund: AccountHierarchy, readings: readonly Reading[]): Promise<void> {
  const placed = accountsOf(fund).map(each => each.account)
  const currencies = new Map(placed.map(({ account_id, currency }) => [account_id, currency]))
  const [settings, rates] = await Promise.all([readSettings(store), ratesInto(store, fund.base_currency, currencies.values())])
  const rateOf = (account_id: string) => rates.get(currencies.get(account_id) ?? '') ?? null
  const mode = readings[0]?.account.trading_mode ?? 'PAPER'
  for (;;) {
    const ledger = await ledgerOf(store, mode)
    if (!ledger) {
      await createLedger(store, emptyLedger(store.fund_id, mode))
      continue
    }
    const next = readings.reduce((so_far, { account, state }) => {
      const reading = { equity: state.equity, cash: state.cash_balance, margin_used: state.margin_used, as_of: state.timestamp }
      return ledgerAfterReading(so_far, { account, reading, limit_pct: settings.margin_limit_pct, rateOf }) ?? so_far
    }, ledger)
    if (next === ledger || (await replaceLedger(store, next))) return
  }
}
