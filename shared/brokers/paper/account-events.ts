import { type Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import { instrumentsById, quotesOf } from '../../store/instruments.ts'
import { clearPendingPaperFills, type PaperAccount, type PaperPosition, paperAccountOf, replacePaperBook } from '../../store/paper-book.ts'
import {
  duePaperActions,
  insertPaperEvent,
  knownPaperEvents,
  markPaperEvent,
  type PaperAction,
  type PaperEvent,
  paperEventOf,
  paperEventsSince,
  unbookedPaperEvents,
} from '../../store/paper-events.ts'
import type { AccountEvent } from '../broker.ts'
import { bookEvent } from './book-event.ts'
import type { Venue } from './place-order.ts'

/** What happened to an account since a moment; whatever is due by now is decided and booked first, once. */
export async function accountEvents(venue: Venue, account_id: string, since: Date): Promise<AccountEvent[]> {
  await venue.inTurn(account_id, () => bookDue(venue, account_id))
  return (await paperEventsSince(venue.store, account_id, since)).map(told)
}

async function bookDue(venue: Venue, account_id: string): Promise<void> {
  const { store } = venue
  const account = await paperAccountOf(store, account_id)
  if (!account) return
  const due = await dueEvents(venue, account)
  if (due.length > 0) {
    const ids = due.map(({ event_id }) => event_id)
    const known = await knownPaperEvents(store, account_id, ids)
    for (const event of due) if (!known.has(event.event_id)) await insertPaperEvent(store, event)
  }
  for (const event of await unbookedPaperEvents(store, account_id)) await bookOnce(venue, event)
}

/** As fills are: the account is read before the event's mark, and written only as it was read, with the event's id in it. */
async function bookOnce({ store }: Venue, event: PaperEvent): Promise<void> {
  const { account_id, event_id } = event
  const ids = [event.instrument_id, event.into?.instrument_id].filter(id => id != null)
  const instruments = await instrumentsById(store, ids)
  for (;;) {
    const account = await paperAccountOf(store, account_id)
    if (!account || (await paperEventOf(store, event))?.booked) return
    const applied = account.pending_fills.includes(event_id)
    if (!applied && !(await replacePaperBook(store, account, bookEvent(account, event, instruments), [event_id]))) continue
    await markPaperEvent(store, event)
    return clearPendingPaperFills(store, account_id, [event_id])
  }
}

async function dueEvents({ store, now }: Venue, account: PaperAccount): Promise<PaperEvent[]> {
  const at = now()
  const held = account.positions.map(({ instrument_id }) => instrument_id)
  const [actions, instruments] = await Promise.all([duePaperActions(store, account.account_id, held, at), instrumentsById(store, held)])
  const events = actions.flatMap(action => declared(account, action, instruments) ?? [])
  const expired = account.positions.filter(({ instrument_id }) => hasExpired(instruments.get(instrument_id), at))
  return expired.length === 0 ? events : [...events, ...(await expiries({ store, account, expired, instruments, at }))]
}

const nothing = { amount: ZERO, quantity_change: ZERO, ratio: null, price: null, into: null, booked: false }

function declared(account: PaperAccount, action: PaperAction, instruments: ReadonlyMap<string, InstrumentDocument>): PaperEvent | null {
  const { action_id, type, instrument_id, at, description } = action
  const { account_id } = account
  const instrument = instrument_id === null ? undefined : instruments.get(instrument_id)
  const event = { ...nothing, account_id, event_id: `${action_id}-${account_id}`, type, instrument_id, time: at, description }
  const currency = instrument?.currency ?? account.currency
  if (instrument_id === null) return { ...event, currency, amount: action.amount ?? ZERO }
  const lots = account.positions.find(each => each.instrument_id === instrument_id)?.lots ?? []
  // Who bought afterwards has no part in it.
  const units = sum(lots.filter(lot => lot.opened_at <= at).map(({ quantity }) => quantity))
  if (units.isZero() || !instrument) return null
  if (action.into) return replaced({ ...event, currency }, action.into, { units, multiplier: instrument.multiplier })
  if (type !== 'SPLIT') return { ...event, currency, amount: units.times(action.amount ?? ZERO).times(instrument.multiplier) }
  return action.ratio ? { ...event, currency, ratio: action.ratio, quantity_change: units.times(action.ratio.minus(1)) } : null
}

/** A future delivers its multiplier's worth of units for each contract; a roll gives one contract for one. */
function replaced(
  event: PaperEvent,
  { instrument_id, settled_at, price }: NonNullable<PaperAction['into']>,
  { units, multiplier }: { units: Decimal; multiplier: Decimal },
): PaperEvent {
  const quantity_change = event.type === 'DELIVERY' ? units.times(multiplier) : units
  return { ...event, quantity_change: units.neg(), price: settled_at, into: { instrument_id, quantity_change, price } }
}

/** Everything that expires does so at 21:00 UTC of its day. */
const expiresAt = (day: string): Date => new Date(`${day}T21:00:00Z`)

const hasExpired = (instrument: InstrumentDocument | undefined, at: Date): boolean =>
  instrument?.expiry != null && expiresAt(instrument.expiry) <= at

interface Expiring {
  store: Venue['store']
  account: PaperAccount
  expired: PaperPosition[]
  instruments: ReadonlyMap<string, InstrumentDocument>
  at: Date
}

const underlyingOf = ({ symbol }: InstrumentDocument): string => `EQUITY:${/^([A-Z]+)\d{6}[CP]/.exec(symbol)?.[1] ?? symbol}`

/** Futures are settled in cash at their last price; options in the money become their underlying at the strike, others nothing. */
async function expiries({ store, account, expired, instruments }: Expiring): Promise<PaperEvent[]> {
  const ids = expired.flatMap(({ instrument_id }) => {
    const instrument = instruments.get(instrument_id)
    return instrument ? [instrument_id, underlyingOf(instrument)] : []
  })
  const [quotes, known] = await Promise.all([quotesOf(store, ids), instrumentsById(store, ids)])
  return expired.flatMap(({ instrument_id, quantity }): PaperEvent[] => {
    const instrument = instruments.get(instrument_id)
    if (!instrument?.expiry) return []
    const { asset_class, strike, right, multiplier, currency, expiry, symbol } = instrument
    const own = {
      ...nothing,
      account_id: account.account_id,
      instrument_id,
      currency,
      quantity_change: quantity.neg(),
      time: expiresAt(expiry),
    }
    const event_id = `expiry-${instrument_id}-${account.account_id}`
    if (asset_class !== 'OPTION' || !strike) {
      const price = quotes.get(instrument_id)?.last
      return price ? [{ ...own, event_id, type: 'EXPIRY', price, description: `${symbol} expired, settled in cash` }] : []
    }
    const underlying = underlyingOf(instrument)
    const spot = quotes.get(underlying)?.last
    const inTheMoney = spot && known.has(underlying) && (right === 'CALL' ? spot.gt(strike) : spot.lt(strike))
    if (!inTheMoney) return [{ ...own, event_id, type: 'EXPIRY', price: ZERO, description: `${symbol} expired worthless` }]
    const units = quantity.times(multiplier).times(right === 'CALL' ? 1 : -1)
    const into = { instrument_id: underlying, quantity_change: units, price: strike }
    return [
      { ...own, event_id, type: 'ASSIGNMENT', price: ZERO, into, description: `${symbol} became ${underlying} at ${strike.toFixed()}` },
    ]
  })
}

function told(event: PaperEvent): AccountEvent {
  const { account_id, event_id, instrument_id, currency, amount, quantity_change, ratio, price, into, time, description } = event
  const { type } = event
  if (type === 'SPLIT' || type === 'EXPIRY' || type === 'ASSIGNMENT' || type === 'DELIVERY' || type === 'ROLL') {
    const common = { account_id, event_id, type, instrument_id: instrument_id ?? '', quantity_change, ratio, price, into }
    return { kind: 'POSITION', ...common, time, description }
  }
  return { kind: 'CASH', account_id, event_id, type, currency, amount, instrument_id, time, description }
}
