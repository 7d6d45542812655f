import { type Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import { zonedMoment } from '../../domain/time/market-hours.ts'
import type { AdapterDeps } from '../adapter.ts'
import type { AccountEvent, CashEvent, PositionEvent } from '../broker.ts'
import { instrumentOf } from './contract.ts'
import type { Line } from './line.ts'
import { activities, type WireActivity } from './wire.ts'

const PAGE = 100
const MOST_PAGES = 50

const cashTypes: Record<string, CashEvent['type']> = {
  DIV: 'DIVIDEND',
  DIVCGL: 'DIVIDEND',
  DIVCGS: 'DIVIDEND',
  DIVFT: 'DIVIDEND',
  DIVNRA: 'DIVIDEND',
  DIVROC: 'DIVIDEND',
  DIVTW: 'DIVIDEND',
  DIVTXEX: 'DIVIDEND',
  CGD: 'DIVIDEND',
  INT: 'INTEREST',
  INTNRA: 'INTEREST',
  INTTW: 'INTEREST',
  FEE: 'FEE',
  CFEE: 'FEE',
  DIVFEE: 'FEE',
  PTC: 'FEE',
  PTR: 'FEE',
}

/** Sub-types of interest that are what borrowing costs. */
const financing = new Set(['MGN'])

/** Cash that options' settlements move is in the position events. */
const optionTypes = new Set(['OPEXP', 'OPASN', 'OPEXC', 'OPTRD'])

/** Cash and position events at or after a moment, oldest first: every activity but fills. */
export async function accountEvents(line: Line, since: Date, deps: AdapterDeps): Promise<AccountEvent[]> {
  const told = await readActivities(line, since)
  const named = await Promise.all(told.map(async activity => ({ activity, instrument_id: await idOf(activity, deps) })))
  const events = [
    ...named.flatMap(each => [...cashOf(each, line), ...coinFee(each, line)]),
    ...splits(named, line),
    ...optionEvents(named, line),
  ]
  const reversed = events.flatMap(event => (canceled(told, event) ? [event, reverse(event)] : [event]))
  return reversed.filter(({ time }) => time >= since).sort((one, other) => one.time.getTime() - other.time.getTime())
}

async function readActivities(line: Line, since: Date): Promise<WireActivity[]> {
  const found: WireActivity[] = []
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const pageToken = found.at(-1)?.id
    const told = await line.read('activities', activities, api =>
      api.trading.accountActivities.getAccountActivitiesRaw({
        category: 'non_trade_activity',
        after: new Date(since.getTime() - 1),
        direction: 'asc',
        pageSize: PAGE,
        ...(pageToken !== undefined && { pageToken }),
      }),
    )
    found.push(...told)
    if (told.length < PAGE) break
  }
  return found.filter(({ activity_type }) => activity_type !== 'FILL')
}

interface Named {
  activity: WireActivity
  instrument_id: string | null
}

const idOf = async ({ symbol }: WireActivity, deps: AdapterDeps): Promise<string | null> =>
  symbol === null ? null : (await instrumentOf(symbol, deps)).instrument_id

/** An activity's id begins with its time, to the millisecond, on New York's clock. */
function timeOf({ id, created_at }: WireActivity): Date {
  const found = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{3})/.exec(id)
  if (!found) return created_at ?? new Date(0)
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, ms = 0] = found.slice(1).map(Number)
  return zonedMoment('America/New_York', Date.UTC(year, month - 1, day, hour, minute, second, ms))
}

const words = ({ activity_type, activity_sub_type, description }: WireActivity): string =>
  [activity_type, activity_sub_type, description].filter(Boolean).join(' ')

function cashOf({ activity, instrument_id }: Named, { place }: Line): CashEvent[] {
  const { id, activity_type, activity_sub_type, net_amount, currency } = activity
  if (net_amount.isZero() || optionTypes.has(activity_type)) return []
  const known = financing.has(activity_sub_type ?? '') ? 'FINANCING' : cashTypes[activity_type]
  return [
    {
      kind: 'CASH',
      account_id: place.account_id,
      event_id: id,
      type: known ?? 'TRANSFER',
      currency: currency ?? place.currency,
      amount: net_amount,
      instrument_id,
      time: timeOf(activity),
      description: words(activity),
    },
  ]
}

const positionEvent = (
  { activity, instrument_id }: Named,
  { place }: Line,
  own: Pick<PositionEvent, 'type' | 'quantity_change'> & Partial<PositionEvent>,
): PositionEvent => ({
  kind: 'POSITION',
  account_id: place.account_id,
  event_id: activity.id,
  instrument_id: instrument_id ?? `alpaca:${activity.symbol}`,
  ratio: null,
  price: null,
  into: null,
  time: timeOf(activity),
  description: words(activity),
  ...own,
})

/** A fee for trading coins may be taken in coins: they are given away for nothing. */
function coinFee(named: Named, line: Line): PositionEvent[] {
  const { activity_type, qty, net_amount } = named.activity
  if (activity_type !== 'CFEE' || !qty || qty.isZero() || !net_amount.isZero() || named.instrument_id === null) return []
  return [positionEvent(named, line, { type: 'DELIVERY', quantity_change: qty.abs().negated(), price: ZERO })]
}

/** A split is told as what goes and what comes, or as the difference. */
function splits(named: readonly Named[], line: Line): PositionEvent[] {
  const parts = named.filter(
    ({ activity: { activity_type, qty } }) => (activity_type === 'SPLIT' || activity_type === 'SSP') && qty !== null,
  )
  const groups = Map.groupBy(parts, ({ activity }) => activity.group_id ?? `${activity.id.slice(0, 8)} ${activity.symbol}`)
  return [...groups.values()].flatMap(group => {
    const [first] = group
    if (!first) return []
    const changes = group.map(({ activity }) => activity.qty ?? ZERO)
    return [positionEvent(first, line, { type: 'SPLIT', quantity_change: sum(changes), ratio: ratioOf(first.activity, changes) })]
  })
}

/** New units for an old one. Which of two parts is the old one, only the kind of split tells; else it follows from what is held. */
function ratioOf({ activity_sub_type }: WireActivity, changes: readonly Decimal[]): Decimal | null {
  const [less, more] = changes.map(change => change.abs()).sort((one, other) => one.comparedTo(other))
  if (changes.length !== 2 || !less?.gt(0) || !more) return null
  if (activity_sub_type === 'FSPLIT') return more.div(less)
  return activity_sub_type === 'RSPLIT' ? less.div(more) : null
}

/** An option's shares come or go in an activity of the same group; where there are no groups, it is the one of the day in what it is on. */
const isTradeOf = (option: WireActivity, shares: WireActivity): boolean =>
  option.group_id === null
    ? shares.group_id === null && shares.id.slice(0, 8) === option.id.slice(0, 8) && shares.symbol === rootOf(option.symbol)
    : shares.group_id === option.group_id

const rootOf = (symbol: string | null): string | null => /^([A-Z]{1,6})\d{6}[CP]\d{8}$/.exec(symbol ?? '')?.[1] ?? null

/** Expiry, assignment and exercise of options, with the shares that come in their place at what was paid for them. */
function optionEvents(named: readonly Named[], line: Line): PositionEvent[] {
  const trades = named.filter(({ activity }) => activity.activity_type === 'OPTRD')
  return named.flatMap(each => {
    const { activity_type, qty, price } = each.activity
    if (qty === null) return []
    if (activity_type === 'OPEXP') return [positionEvent(each, line, { type: 'EXPIRY', quantity_change: qty, price: price ?? ZERO })]
    if (activity_type !== 'OPASN' && activity_type !== 'OPEXC') return []
    const shares = trades.find(({ activity }) => isTradeOf(each.activity, activity))
    const change = shares?.activity.qty
    const paid = shares && change && !change.isZero() && !shares.activity.net_amount.isZero()
    const into =
      shares?.instrument_id && change
        ? {
            instrument_id: shares.instrument_id,
            quantity_change: change,
            ...(paid && { price: shares.activity.net_amount.div(change).abs() }),
          }
        : null
    return [positionEvent(each, line, { type: 'ASSIGNMENT', quantity_change: qty, price: ZERO, into })]
  })
}

const canceled = (told: readonly WireActivity[], { event_id }: AccountEvent): boolean =>
  told.some(({ id, status }) => id === event_id && status === 'canceled')

/** What was booked and then canceled is taken back; what was not booked yet is booked and taken back at once. */
function reverse(event: AccountEvent): AccountEvent {
  const event_id = `${event.event_id}:canceled`
  if (event.kind === 'CASH') return { ...event, event_id, amount: event.amount.negated() }
  const ratio = event.ratio?.pow(-1) ?? null
  return { ...event, event_id, ratio, quantity_change: event.quantity_change.negated(), into: event.into && back(event.into) }
}

const back = ({ instrument_id, quantity_change }: NonNullable<PositionEvent['into']>) => ({
  instrument_id,
  quantity_change: quantity_change.negated(),
})
