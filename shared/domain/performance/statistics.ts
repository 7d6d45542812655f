/** Statistics of daily returns (fractions). A figure that the days cannot tell is null, never zero. */

const TRADING_DAYS = 252

export interface DayValue {
  /** YYYY-MM-DD in the fund's zone. */
  day: string
  /** Net asset value per unit, or equity where nobody pays in or out. */
  value: number
}

/** Return of each day against the day before, as fractions; one fewer than the days. */
export const dailyReturns = (days: readonly DayValue[]): { day: string; fraction: number }[] =>
  days.slice(1).map(({ day, value }, index) => ({ day, fraction: value / (days[index]?.value ?? value) - 1 }))

/** Return since the last day before `from` (or the first there is), as a fraction; null where there is nothing to compare with. */
export function returnSince(days: readonly DayValue[], from: string): number | null {
  const last = days.at(-1)
  const base = days.filter(({ day }) => day < from).at(-1) ?? days[0]
  return last && base && base !== last ? last.value / base.value - 1 : null
}

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length

/** Sample standard deviation of daily returns × √252, as a fraction; null for fewer than two returns. */
export function annualVolatility(returns: readonly number[]): number | null {
  if (returns.length < 2) return null
  const average = mean(returns)
  const variance = returns.reduce((total, value) => total + (value - average) ** 2, 0) / (returns.length - 1)
  return Math.sqrt(variance * TRADING_DAYS)
}

/** What is left of a volatility of zero after adding and dividing binary fractions is less than this. */
const NO_VOLATILITY = 1e-12

/** Annual mean ÷ annual volatility, risk-free rate 0; null where the volatility is unknown or zero. */
export function sharpeRatio(returns: readonly number[]): number | null {
  const volatility = annualVolatility(returns)
  return volatility === null || volatility < NO_VOLATILITY ? null : (mean(returns) * TRADING_DAYS) / volatility
}

/** Growth a year, as a fraction: (last ÷ first)^(252 ÷ days) − 1; null for fewer than two days, or a start at nothing. */
export function cagr(days: readonly DayValue[]): number | null {
  const [first, last] = [days[0], days.at(-1)]
  return days.length < 2 || !first || !last || first.value <= 0
    ? null
    : (last.value / first.value) ** (TRADING_DAYS / (days.length - 1)) - 1
}

/** Distance of each day from the highest value so far, as fractions ≤ 0. */
export function drawdowns(days: readonly DayValue[]): { day: string; fraction: number }[] {
  let peak = Number.NEGATIVE_INFINITY
  return days.map(({ day, value }) => {
    peak = Math.max(peak, value)
    return { day, fraction: value / peak - 1 }
  })
}

/** Return of each month (YYYY-MM) against the end of the month before, as fractions; the first counts from its first day. */
export function monthlyReturns(days: readonly DayValue[]): { month: string; fraction: number }[] {
  const months = [...new Set(days.map(({ day }) => day.slice(0, 7)))]
  return months.flatMap(month => {
    const within = days.filter(({ day }) => day.startsWith(month))
    const base = days.filter(({ day }) => day.slice(0, 7) < month).at(-1) ?? within[0]
    const last = within.at(-1)
    return base && last && base !== last ? [{ month, fraction: last.value / base.value - 1 }] : []
  })
}

/** How many returns fall in each bin of a width, by the bin's lower edge, both in percent. */
export function distribution(returns: readonly number[], bin_pct: number): [number, number][] {
  const counts = new Map<number, number>()
  for (const fraction of returns) {
    // To 9 decimals, since 0.29 × 100 is 28.999999999999996.
    const edge = Math.floor(Number(((fraction * 100) / bin_pct).toFixed(9))) * bin_pct
    counts.set(edge, (counts.get(edge) ?? 0) + 1)
  }
  return [...counts].sort(([one], [other]) => one - other)
}
