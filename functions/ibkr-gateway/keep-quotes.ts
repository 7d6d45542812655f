import { setTimeout as wait } from 'node:timers/promises'
import type { Brokers } from '../../shared/brokers/pool.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { Background } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText, logOf } from '../../shared/runtime/log.ts'
import { accountsOf, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentById, instrumentsBySymbol, quotesOf, storeQuote } from '../../shared/store/instruments.ts'
import { allOpenPositions } from '../../shared/store/positions.ts'
import { accountOf, allStrategies } from '../../shared/store/strategy-configurations.ts'

const LOOK_EVERY_MS = 1_500
/** What trades is looked up this often. */
const LIST_EVERY_MS = 15_000
/** As many questions to one broker in one look: what is left is asked first the next time. */
const MOST_AT_ONCE = 4

interface Keeping {
  store: Store
  brokers: Brokers
}

/**
 * Stores the prices of what strategies trade at brokers of their own, for decisions, which carry no broker's library: each strategy's
 * instrument, and what is held. A price that somebody else keeps fresh is left to them.
 */
export const keepQuotes =
  (keeping: Keeping): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    let wanted = new Map<string, string[]>()
    let listedAt = Number.NEGATIVE_INFINITY
    while (!ending.aborted) {
      if (performance.now() - listedAt > LIST_EVERY_MS) {
        wanted = await wantedQuotes(keeping.store)
        listedAt = performance.now()
      }
      await Promise.all(
        [...wanted].map(([broker_id, ids]) =>
          refresh(keeping, broker_id, ids).catch((error: unknown) =>
            log.warning('quotes not kept', { broker_id, error: errorText(error) }),
          ),
        ),
      )
      await wait(LOOK_EVERY_MS, undefined, { signal: ending }).catch(() => undefined)
    }
  }

/** Instruments by the broker that knows their prices; none of a paper broker's, whose market is stored by itself. */
export async function wantedQuotes(store: Store): Promise<Map<string, string[]>> {
  const fund = await readHierarchy(store)
  const placed = fund ? accountsOf(fund).filter(({ account, broker }) => account.status !== 'CLOSED' && broker.adapter !== 'paper') : []
  const brokerOf = new Map(placed.map(({ account, broker }) => [account.account_id, broker.broker_id]))
  if (brokerOf.size === 0) return new Map()
  const [strategies, positions] = await Promise.all([allStrategies(store), allOpenPositions(store)])
  const pairs = positions.map(({ account_id, instrument_id }) => ({ account_id, instrument_id }))
  for (const strategy of strategies) {
    const { account_id } = accountOf(strategy)
    const instrument = account_id !== null && brokerOf.has(account_id) ? await defaultInstrument(store, strategy) : null
    if (account_id !== null && instrument) pairs.push({ account_id, instrument_id: instrument.instrument_id })
  }
  const wanted = new Map<string, Set<string>>()
  for (const { account_id, instrument_id } of pairs) {
    const broker_id = brokerOf.get(account_id)
    if (broker_id !== undefined) wanted.set(broker_id, (wanted.get(broker_id) ?? new Set()).add(instrument_id))
  }
  return new Map([...wanted].map(([broker_id, ids]) => [broker_id, [...ids]]))
}

async function defaultInstrument(
  store: Store,
  { default_instrument: named }: Awaited<ReturnType<typeof allStrategies>>[number],
): Promise<InstrumentDocument | null> {
  if (!named) return null
  const found = await instrumentsBySymbol(store, [named.ticker])
  return found.find(({ asset_class }) => asset_class === named.asset_class) ?? null
}

/** Asks for the oldest prices that nobody else has stored meanwhile. */
async function refresh({ store, brokers }: Keeping, broker_id: string, ids: readonly string[]): Promise<void> {
  const known = await quotesOf(store, [...ids])
  const ageOf = (id: string) => now().getTime() - (known.get(id)?.as_of.getTime() ?? 0)
  const oldest = ids
    .filter(id => ageOf(id) > LOOK_EVERY_MS)
    .toSorted((a, b) => ageOf(b) - ageOf(a))
    .slice(0, MOST_AT_ONCE)
  if (oldest.length === 0) return
  const broker = await brokers(broker_id)
  await Promise.all(
    oldest.map(async id => {
      const instrument = await instrumentById(store, id)
      const quote = instrument && (await broker.quote(instrument))
      if (quote) await storeQuote(store, { ...quote, instrument_id: id, source: broker_id })
    }),
  )
}
