import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { startMongodb } from '../../scripts/local/mongodb/start.ts'
import type { Broker } from '../../shared/brokers/broker.ts'
import { type PaperDeps, paperBroker } from '../../shared/brokers/paper/paper-broker.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import type { Store } from '../../shared/store/collection.ts'
import { fxRates } from '../../shared/store/fx-rates.ts'
import { instruments, quotes } from '../../shared/store/instruments.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { closeStores, openStore } from '../../shared/store/open.ts'
import { openPaperAccount, paperAccountOf, paperFills, paperOrders } from '../../shared/store/paper-book.ts'
import { allInstruments, at, money } from '../unit/shared/brokers/paper/samples.ts'
import { type Call, hooked, hookedAt } from './hooked-store.ts'

/** A database of its own for a test file, with instruments, quotes and rates in it. */
export function paperHouse() {
  let stop: () => Promise<void>
  let store: Store

  beforeAll(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'paper-broker-'))
    const mongodb = await startMongodb({ dataDir, port: 0 })
    store = openStore({ MONGODB_URI: mongodb.uri, MONGODB_DATABASE: `test_${randomUUID().slice(0, 8)}`, FUND_ID: 'fund' })
    stop = async () => {
      await closeStores()
      await mongodb.close()
      await rm(dataDir, { recursive: true })
    }
    await applyCollections(store)
    await instruments.in(store).insertMany(allInstruments.map(each => ({ ...each })))
    await Promise.all([
      quoted('AAPL', '100', '100.02', '100.01'),
      quoted('SAP', '180', '180.02', '180'),
      quoted('ESH26', '5000', '5000.25', '5000'),
      quoted('BTC-USD', '60000', '60001', '60000'),
      quoted('AAPL-C200', '2.5', '2.51', '2.5'),
    ])
    await rated('EUR', '1.1')
  })
  afterAll(() => stop())

  const quoted = (instrument_id: string, bid: string, ask: string, last: string, more: object = {}) =>
    quotes
      .in(store)
      .replaceOne(
        { instrument_id },
        { instrument_id, bid: money(bid), ask: money(ask), last: money(last), as_of: at, source: 'test', ...more },
        { upsert: true },
      )

  const rated = (currency: string, rate: string) =>
    fxRates.in(store).insertOne({ currency, into: 'USD', rate: money(rate), day: '2026-03-02', as_of: at, source: 'test' })

  return {
    get store() {
      return store
    },
    quoted,
    rated,
    /** The database, telling each call by names such as `paper_orders.insertOne` and `client.bulkWrite`. */
    observed: (seen: (call: string) => void) =>
      hooked(store, (name, call) => {
        seen(name)
        return call()
      }),
    /** The database with something else happening at the n-th call (from 1) of a name such as `paper_orders.insertOne`. */
    hookedAt: (call: string, n: number, instead: (call: Call) => Promise<unknown>): Store => hookedAt(store, { call, n, instead }),
    /** A broker of its own, as another process would have; its clock stands at the time of the quotes. */
    broker: (changes: Partial<PaperDeps> = {}): Broker => paperBroker({ store, now: () => at, crashPoint: () => undefined, ...changes }),
    /** Opens an account under a new id. */
    async account(account_type = 'MARGIN', start = 1_000_000): Promise<string> {
      const account_id = `A-${randomUUID().slice(0, 8)}`
      await openPaperAccount(store, { account_id, broker_id: 'PAPER', currency: 'USD', account_type, start_cash: money(start) })
      return account_id
    },
    /** All that the database holds of an account. */
    async book(account_id: string) {
      const [account, orders, fills] = await Promise.all([
        paperAccountOf(store, account_id),
        paperOrders.in(store).find({ account_id }).toArray(),
        paperFills.in(store).find({ account_id }).toArray(),
      ])
      if (!account) throw new Error(`there is no account ${account_id}`)
      return {
        account,
        orders: orders.map(each => paperOrders.read(each)),
        fills: fills.map(each => paperFills.read(each)),
        cash: String(account.cash.USD ?? ZERO),
        held: account.positions.map(({ instrument_id, quantity }) => `${instrument_id} ${quantity}`),
      }
    },
  }
}
