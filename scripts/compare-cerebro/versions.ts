import { type Decimal, sum } from '../../shared/domain/money/decimal.ts'

/** One signal as two versions decided it; money in the fund's currency. */
export interface Pair {
  signal_id: string
  strategy_id: string
  first: Verdict
  second: Verdict
}

export interface Verdict {
  decision: string
  reason_code: string | null
  size: Decimal
  /** Realized by the fills of its orders, less fees. */
  pnl: Decimal
}

export interface Comparison {
  signals: number
  agreeing: number
  agreement_pct: number | null
  only_first_approved: number
  only_second_approved: number
  size_first: number
  size_second: number
  size_difference: number
  pnl_first: number
  pnl_second: number
  pnl_difference: number
}

const approved = ({ decision }: Verdict) => decision === 'APPROVED'
const cents = (money: Decimal) => money.toDecimalPlaces(2).toNumber()

/** How far two versions agree on the same signals, and what it made of size and P&L (second less first). */
export function compareVersions(pairs: readonly Pair[]): Comparison {
  const agreeing = pairs.filter(({ first, second }) => first.decision === second.decision).length
  const [size_first, size_second] = [sum(pairs.map(({ first }) => first.size)), sum(pairs.map(({ second }) => second.size))]
  const [pnl_first, pnl_second] = [sum(pairs.map(({ first }) => first.pnl)), sum(pairs.map(({ second }) => second.pnl))]
  return {
    signals: pairs.length,
    agreeing,
    agreement_pct: pairs.length === 0 ? null : Math.round((agreeing / pairs.length) * 10_000) / 100,
    only_first_approved: pairs.filter(({ first, second }) => approved(first) && !approved(second)).length,
    only_second_approved: pairs.filter(({ first, second }) => approved(second) && !approved(first)).length,
    size_first: cents(size_first),
    size_second: cents(size_second),
    size_difference: cents(size_second.minus(size_first)),
    pnl_first: cents(pnl_first),
    pnl_second: cents(pnl_second),
    pnl_difference: cents(pnl_second.minus(pnl_first)),
  }
}

/** Signals on which they disagree, with both reasons. */
export const disagreements = (pairs: readonly Pair[]) =>
  pairs
    .filter(({ first, second }) => first.decision !== second.decision)
    .map(({ signal_id, first, second }) => ({
      signal_id,
      first: [first.decision, first.reason_code].filter(Boolean).join(' '),
      second: [second.decision, second.reason_code].filter(Boolean).join(' '),
    }))
