import { setTimeout as wait } from 'node:timers/promises'
import type { Brokers } from '../../shared/brokers/pool.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { Background } from '../../shared/runtime/background.ts'
import { errorText, logOf } from '../../shared/runtime/log.ts'
import { type BrokerPlan, isHeldByGateway, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentsById, instrumentsNamedAt, putQuote } from '../../shared/store/instruments.ts'
import { openPositionsIn } from '../../shared/store/positions.ts'
import type { Sockets } from './sockets.ts'

const EVERY_MS = 1_000
/** Which instruments those are is looked up this often. */
const LOOK_UP_EVERY_MS = 10_000
const VENUE = 'ibkr'

interface Feeding {
  store: Store
  brokers: Brokers
  everyMs?: number
}

/**
 * Writes the prices that a held broker streams into `quotes`, where decisions look: of what its accounts hold, and of every instrument that has
 * a name there. Nobody else can ask it.
 */
export const feedQuotes =
  ({ store, brokers, everyMs = EVERY_MS }: Feeding, { holds }: Pick<Sockets, 'holds'>): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    const followed = new Map<string, { instruments: InstrumentDocument[]; at: number }>()
    const feed = async (plan: BrokerPlan): Promise<void> => {
      const { broker_id } = plan
      const broker = await brokers(broker_id)
      if (!holds(broker_id) || (await broker.status()) !== 'CONNECTED') return
      const known = followed.get(broker_id)
      const fresh = known && performance.now() - known.at < LOOK_UP_EVERY_MS
      const instruments = fresh ? known.instruments : await instrumentsOf(store, plan)
      if (!fresh) followed.set(broker_id, { instruments, at: performance.now() })
      await Promise.all(
        instruments.map(async instrument => {
          const quote = await broker.quote(instrument).catch(() => null)
          if (quote) await putQuote(store, { instrument_id: instrument.instrument_id, ...quote, source: broker_id })
        }),
      )
    }
    while (!ending.aborted) {
      const plans = ((await readHierarchy(store))?.brokers ?? []).filter(isHeldByGateway)
      for (const plan of plans)
        await feed(plan).catch((error: unknown) => log.warning('quotes not fed', { broker_id: plan.broker_id, error: errorText(error) }))
      await wait(everyMs, undefined, { signal: ending }).catch(() => undefined)
    }
  }

async function instrumentsOf(store: Store, { accounts }: BrokerPlan): Promise<InstrumentDocument[]> {
  const held = await Promise.all(accounts.map(({ account_id }) => openPositionsIn(store, account_id)))
  const named = await instrumentsNamedAt(store, VENUE)
  const known = await instrumentsById(
    store,
    held.flat().map(({ instrument_id }) => instrument_id),
  )
  return [...new Map([...named.map(each => [each.instrument_id, each] as const), ...known]).values()]
}
