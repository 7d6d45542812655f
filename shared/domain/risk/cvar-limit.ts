import { notional } from '../instrument.ts'
import { Decimal } from '../money/decimal.ts'
import { type Candidate, type Check, deny, sized } from './check.ts'
import { type Exposed, exposureOf } from './exposures.ts'
import { largestWithinCvar } from './largest-within-cvar.ts'
import { lossesOf } from './scenarios.ts'

/**
 * Cuts an entry to the largest size with which the fund's CVaR 95 stays within its limit; a fund over its limit takes only what lowers it
 * (CER-6).
 */
export const cvarLimit: Check = (proposed, candidate) => {
  const { book, limits } = candidate.state
  const equity = candidate.state.fund.pool?.equity.toNumber() ?? 0
  const lot = candidate.instrument?.lot
  if (!lot || equity <= 0) return deny('NO_SCENARIOS', { equity: equity.toFixed(2) })
  const held = exposureOf(book, book.holdings, equity)
  const more = exposureOf(book, [oneLot(candidate, lot)], equity)
  if (held.unknown.length > 0 || more.unknown.length > 0) {
    const figures = { own_returns: more.unknown.length > 0 ? 'none' : 'known', others_without_returns: String(held.unknown.length) }
    return deny('NO_SCENARIOS', figures, { without: held.unknown.map(each => `${each.strategy_id} ${each.instrument_id}`).join(', ') })
  }
  const columns = [...held.byColumn.keys(), ...more.byColumn.keys()]
  const before = lossesOf(book.scenarios, held.byColumn, columns)
  const ofOneLot = lossesOf(book.scenarios, more.byColumn, columns)
  const answer = largestWithinCvar({ before, ofOneLot, limit: limits.cvar_limit, lots: proposed.div(lot).toNumber() })
  const cvar = { before: answer.before, after: answer.after }
  const figures = {
    cvar_before: cvar.before.toFixed(6),
    cvar_after: cvar.after.toFixed(6),
    marginal: (cvar.after - cvar.before).toFixed(6),
    limit: String(limits.cvar_limit),
    scenario_days: String(before.length),
  }
  const granted = new Decimal(answer.lots).times(lot)
  return granted.gt(0) ? { ...sized(granted, figures), cvar } : { ...deny('CVAR_LIMIT', figures), cvar }
}

const oneLot = ({ signal, leg, price, instrument, fx }: Candidate, lot: Decimal): Exposed => ({
  strategy_id: signal.strategy_id,
  instrument_id: leg.instrument_id,
  notional:
    instrument && price && fx
      ? notional(instrument, lot, price)
          .times(fx)
          .times(leg.action === 'BUY' ? 1 : -1)
          .toNumber()
      : null,
})
