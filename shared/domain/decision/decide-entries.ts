import { Decimal, sum, ZERO } from '../money/decimal.ts'
import type { Exposed } from '../risk/exposures.ts'
import { capitalShares } from './capital-shares.ts'
import { awaitExit, candidateOf, decideEntry, type EntryQuestion } from './decide-entry.ts'
import type { Asked, Deciding } from './deciding.ts'
import { placedBy } from './earlier.ts'
import type { LegDecision, LegIntent, PlannedReservation } from './intent.ts'
import { firstRung, partOrderId } from './order-ids.ts'
import { opposes } from './parts.ts'
import type { DecisionState } from './state.ts'

/** Entries share the capital, are approved whole or denied whole, and wait together where one of them must. */
export function decideEntries(deciding: Deciding, asked: readonly Asked[], exits: readonly LegDecision[]): LegDecision[] {
  const { signal, state, now } = deciding
  const legs = asked.map(({ part }) => signal.legs[part.leg] as LegIntent)
  const shares = capitalShares(legs, state)
  const questions = asked.flatMap((one, at): EntryQuestion[] => {
    const share = shares[at]
    return share ? [{ ...one, signal, share, whole: state, state, offset: ZERO, now }] : []
  })
  if (questions.some(question => mustWait(deciding, question))) {
    const pending = [...new Set(questions.flatMap(question => pendingFor(deciding, question, exits)))]
    return questions.map(question => awaitExit(question, pending))
  }
  const decided: LegDecision[] = []
  let left = state
  for (const question of withOffsets(questions)) {
    const decision = decideEntry({ ...question, state: left })
    left = withEntry(left, decision)
    decided.push(decision)
  }
  return questions.length > 1 ? wholeOrNothing(decided, state) : decided
}

/** An entry on the other side of what the same signal closes goes out after that is closed. */
function mustWait({ signal, state, parts }: Deciding, { part }: EntryQuestion): boolean {
  const leg = signal.legs[part.leg] as LegIntent
  const closes = parts.some(other => other.signal_type === 'EXIT' && signal.legs[other.leg]?.instrument_id === leg.instrument_id)
  return closes && opposes(leg, state)
}

/** The orders whose end may let a waiting entry go: this signal's exits in its instrument, other exits there, and entries still working. */
function pendingFor({ signal, state, parts, shadow, earlier }: Deciding, { part }: EntryQuestion, exits: readonly LegDecision[]): string[] {
  const leg = signal.legs[part.leg] as LegIntent
  const here = (instrument_id: string | undefined) => instrument_id === leg.instrument_id
  const placed = exits.filter(exit => here(signal.legs[exit.leg]?.instrument_id)).flatMap(exit => exit.claims.map(claim => claim.order_id))
  const before = parts
    .map((_, index) => partOrderId(signal.signal_id, index, shadow))
    .filter(id => earlier !== null && placedBy(earlier, id) > 0)
  const claimed = state.positions.filter(held => here(held.instrument_id)).flatMap(({ closing }) => closing.map(claim => claim.order_id))
  const working = state.working.filter(entry => here(entry.instrument_id) && entry.action !== leg.action).map(entry => entry.order_id)
  return [...placed, ...before, ...claimed, ...working].map(firstRung)
}

/** What opposite legs of one instrument take back from each other, so that margin is taken on the net. */
function withOffsets(questions: readonly EntryQuestion[]): EntryQuestion[] {
  const wanted = questions.map(question => candidateOf(question))
  const totalOf = (instrument_id: string, action: string) =>
    sum(wanted.filter(({ leg }) => leg.instrument_id === instrument_id && leg.action === action).map(each => each.wanted_quantity))
  const used = new Map<string, Decimal>()
  return questions.map((question, at) => {
    const { leg, wanted_quantity = ZERO } = wanted[at] ?? {}
    if (!leg) return question
    const key = `${leg.instrument_id} ${leg.action}`
    const [own, other] = [totalOf(leg.instrument_id, leg.action), totalOf(leg.instrument_id, leg.action === 'BUY' ? 'SELL' : 'BUY')]
    // Of two equal sides the first leg's needs the margin of none, the other's neither: the net is nothing.
    const left = Decimal.max(ZERO, Decimal.min(own, other).minus(used.get(key) ?? ZERO))
    const offset = Decimal.min(wanted_quantity, left)
    used.set(key, (used.get(key) ?? ZERO).plus(offset))
    return { ...question, offset }
  })
}

/** The state that the next leg meets: less margin, one more entry that works, and a fund that holds it. */
function withEntry(state: DecisionState, { reservations }: LegDecision): DecisionState {
  const { account, fund } = state
  if (reservations.length === 0 || !account?.pool || !fund.pool) return state
  const free = account.pool.free.minus(sum(reservations.map(({ amount }) => amount)))
  const cash = account.pool.cash.minus(sum(reservations.map(reservation => reservation.cash)))
  const fundFree = fund.pool.free.minus(sum(reservations.map(({ amount_fund }) => amount_fund)))
  return {
    ...state,
    account: { ...account, pool: { ...account.pool, free, cash } },
    fund: { ...fund, pool: { ...fund.pool, free: fundFree } },
    book: { ...state.book, holdings: [...state.book.holdings, ...reservations.map(reserved => exposed(state, reserved))] },
    working: [
      ...state.working,
      ...reservations.map(({ order_id, instrument_id, action, quantity, price }) => ({
        order_id,
        signal_id: '',
        instrument_id,
        action,
        quantity,
        price,
      })),
    ],
  }
}

const exposed = ({ strategy }: DecisionState, { instrument_id, action, quantity, price, unit_value }: PlannedReservation): Exposed => {
  const notional = quantity.times(price).times(unit_value).toNumber()
  return { strategy_id: strategy.strategy_id, instrument_id, notional: action === 'BUY' ? notional : -notional }
}

function wholeOrNothing(entries: LegDecision[], { reserved }: DecisionState): LegDecision[] {
  // What was reserved before was whole then, whatever prices make of the wanted size now.
  const cut = ({ position_size, wanted_quantity }: LegDecision) => reserved.size === 0 && position_size.lt(wanted_quantity)
  const failed = entries.find(leg => leg.decision !== 'APPROVED' || cut(leg))
  if (!failed) return entries
  const reason_code = failed.reason_code ?? failed.cut_by ?? 'MARGIN_EXCEEDED'
  const reason = `${reason_code}: legs enter together or not at all; leg ${failed.leg + 1}: ${failed.reason}`
  const nothing = { position_size: ZERO, value: ZERO, margin: ZERO, orders: [], reservations: [] }
  return entries.map(leg => ({ ...leg, ...nothing, decision: 'DENIED', reason_code, reason }))
}
