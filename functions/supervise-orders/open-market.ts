import type { Session } from '../../shared/brokers/broker.ts'
import { openMsBetween, sessionsBetween } from '../../shared/domain/time/market-hours.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import type { Look } from './supervision.ts'

const DAY_MS = 24 * 60 * 60_000
const BACK_MS = 7 * DAY_MS
/** Sessions are asked for no more often. */
const KNOWN_FOR_MS = 60_000

/** Sessions of an instrument as its broker tells them, holidays and all; while it does not, the usual hours. */
async function sessionsOf(look: Look, instrument: InstrumentDocument): Promise<readonly Session[]> {
  const { broker_id } = look.broker
  const [from, to] = [new Date(now().getTime() - BACK_MS), new Date(now().getTime() + DAY_MS)]
  const ask = async () => (await look.brokers(broker_id)).calendar(instrument, from, to)
  return look.memory
    .recall(`sessions ${broker_id} ${instrument.instrument_id}`, KNOWN_FOR_MS, ask)
    .catch(() => sessionsBetween(instrument.calendar, from, to))
}

/** Whether an instrument is traded now. */
export const isOpenNow = async (look: Look, instrument: InstrumentDocument): Promise<boolean> =>
  (await sessionsOf(look, instrument)).some(({ opens_at, closes_at }) => opens_at <= now() && now() < closes_at)

/** For how long the market of an order was open since a moment, in ms. */
export async function openMsSince(look: Look, { instrument_id }: StoredOrder, from: Date): Promise<number> {
  const instrument = await instrumentById(look.store, instrument_id)
  return instrument ? openMsBetween(await sessionsOf(look, instrument), from, now()) : now().getTime() - from.getTime()
}
