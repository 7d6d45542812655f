import { instrumentColumn, type Scenarios, strategyColumn } from './scenarios.ts'

/** Something that a strategy holds or is about to hold. */
export interface Exposed {
  strategy_id: string
  instrument_id: string
  /** What it is worth, in the fund's currency, negative for a short; null where no price or rate tells. A figure for risk, so a number. */
  notional: number | null
}

/** What a fund holds in one mode, and how what it holds has moved. */
export interface RiskBook {
  scenarios: Scenarios
  /** Without the orders of the signal that is decided. */
  holdings: readonly Exposed[]
  /** Notional that one unit of a strategy's backtest carried; 1 where it is not in it. */
  notionalPerCapital: ReadonlyMap<string, number>
  /** Percent of equity that the allocation gives each strategy. */
  weights: ReadonlyMap<string, number>
}

export interface Exposure {
  /** Fractions of equity by column of the scenarios. */
  byColumn: Map<string, number>
  /** Holdings that nothing tells the risk of. */
  unknown: Exposed[]
}

/**
 * Exposure of holdings: deployed ÷ equity on the strategy's own returns, ≥ 0 since their direction is inside them; without a backtest the
 * signed notional ÷ equity on the instrument's (CER-6).
 * @param equity of the fund, in its currency, > 0
 */
export function exposureOf(book: RiskBook, holdings: readonly Exposed[], equity: number): Exposure {
  const byColumn = new Map<string, number>()
  const unknown: Exposed[] = []
  for (const held of holdings) {
    if (held.notional === 0) continue
    const part = partOf(book, held)
    if (part) byColumn.set(part.column, (byColumn.get(part.column) ?? 0) + part.value / equity)
    else unknown.push(held)
  }
  return { byColumn, unknown }
}

function partOf({ scenarios, notionalPerCapital }: RiskBook, { strategy_id, instrument_id, notional }: Exposed) {
  if (notional === null) return null
  const own = strategyColumn(strategy_id)
  if (scenarios.columns.has(own)) return { column: own, value: Math.abs(notional) / (notionalPerCapital.get(strategy_id) ?? 1) }
  const column = instrumentColumn(instrument_id)
  return scenarios.columns.has(column) ? { column, value: notional } : null
}
