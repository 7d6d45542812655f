/** Daily returns of one strategy or instrument, as fractions of what it carries. */
export interface ReturnSeries {
  /** `strategyColumn` or `instrumentColumn`. */
  column: string
  /** YYYY-MM-DD, each once, in any order. */
  dates: readonly string[]
  returns: readonly number[]
}

interface Column {
  /** A return a day of the axis; 0 where there is none. */
  returns: Float64Array
  /** 1 where there is a return; null where every day has one. */
  seen: Uint8Array | null
}

/** Historical scenarios: one axis of days, and what each strategy and instrument returned on them. */
export interface Scenarios {
  days: number
  columns: ReadonlyMap<string, Column>
}

export const strategyColumn = (strategy_id: string): string => `strategy:${strategy_id}`
export const instrumentColumn = (instrument_id: string): string => `instrument:${instrument_id}`

/** Series on one axis: every day that any of them has. A day that one misses counts as none for it. */
export function scenariosOf(series: readonly ReturnSeries[]): Scenarios {
  const axis = [...new Set(series.flatMap(({ dates }) => dates))].sort()
  const position = new Map(axis.map((day, index) => [day, index]))
  return { days: axis.length, columns: new Map(series.filter(hasDays).map(each => [each.column, columnOf(each, position)])) }
}

const hasDays = ({ dates, returns }: ReturnSeries): boolean => dates.length > 0 && returns.length === dates.length

function columnOf({ dates, returns }: ReturnSeries, position: ReadonlyMap<string, number>): Column {
  const column = { returns: new Float64Array(position.size), seen: new Uint8Array(position.size) }
  for (let index = 0; index < dates.length; index += 1) {
    const day = position.get(dates[index] as string) as number
    column.returns[day] = returns[index] as number
    column.seen[day] = 1
  }
  return column.seen.includes(0) ? column : { ...column, seen: null }
}

/** Exposures by column, as fractions of equity; a negative one is short of it. */
export type Exposures = ReadonlyMap<string, number>

/**
 * What exposures would have lost, as a fraction of equity, on every day that at least one of the columns has; positive where money is lost.
 * @param counted columns whose days count besides those that are exposed
 */
export function lossesOf({ days, columns }: Scenarios, exposures: Exposures, counted: readonly string[] = []): Float64Array {
  const losses = new Float64Array(days)
  const exposed = [...exposures].flatMap(([name, exposure]) => {
    const returns = columns.get(name)?.returns
    return returns ? [{ returns, exposure }] : []
  })
  for (let at = 0; at < exposed.length; at += 4) subtractFour(losses, exposed.slice(at, at + 4))
  const used = [...new Set([...exposures.keys(), ...counted])].flatMap(name => columns.get(name) ?? [])
  return used.some(({ seen }) => seen === null) ? losses : losses.filter((_, day) => used.some(({ seen }) => seen?.[day] === 1))
}

interface Exposed {
  returns: Float64Array
  exposure: number
}

/** Takes up to four columns off at once, one after another as they stand: each day is fetched and stored once for all of them. */
function subtractFour(losses: Float64Array, [first, second, third, fourth]: readonly Exposed[]): void {
  if (!first) return
  const [a, b, c, d] = [first.returns, (second ?? first).returns, (third ?? first).returns, (fourth ?? first).returns]
  const [x, y, z, w] = [first.exposure, second?.exposure ?? 0, third?.exposure ?? 0, fourth?.exposure ?? 0]
  for (let day = 0; day < losses.length; day += 1) {
    const left = (losses[day] as number) - x * (a[day] as number) - y * (b[day] as number)
    losses[day] = left - z * (c[day] as number) - w * (d[day] as number)
  }
}

/** Fewer days in common than this say nothing about how two series move together. */
const LEAST_COMMON_DAYS = 20

/** Pearson's correlation of two columns over their common days; null where those are too few, or one never moves. */
export function correlationOf({ days, columns }: Scenarios, one: string, other: string): number | null {
  const [a, b] = [columns.get(one), columns.get(other)]
  if (!a || !b) return null
  const moments = { n: 0, a: 0, b: 0, aa: 0, bb: 0, ab: 0 }
  for (let day = 0; day < days; day += 1) {
    if (a.seen?.[day] === 0 || b.seen?.[day] === 0) continue
    const [x, y] = [a.returns[day] as number, b.returns[day] as number]
    moments.n += 1
    moments.a += x
    moments.b += y
    moments.aa += x * x
    moments.bb += y * y
    moments.ab += x * y
  }
  const { n } = moments
  if (n < LEAST_COMMON_DAYS) return null
  const spread = (moments.aa - moments.a ** 2 / n) * (moments.bb - moments.b ** 2 / n)
  return spread > 0 ? (moments.ab - (moments.a * moments.b) / n) / Math.sqrt(spread) : null
}
