/** One comparison of a reference case. */
export interface Verdict {
  case: string
  what: string
  expected: string
  found: string
  ok: boolean
}

export interface Tolerance {
  rel?: number
  abs?: number
}

type Figure = number | null | undefined

const shown = (value: Figure): string => (typeof value === 'number' ? String(Number(value.toPrecision(12))) : String(value))

const near = (expected: number, found: number, { rel = 0, abs = 0 }: Tolerance): boolean =>
  Math.abs(expected - found) <= Math.max(rel * Math.abs(expected), abs)

/** Where NaN or null is expected, null must be found. */
const same = (expected: Figure, found: Figure, tolerance: Tolerance): boolean =>
  expected === null || Number.isNaN(expected)
    ? found === null
    : typeof expected === 'number' && typeof found === 'number' && near(expected, found, tolerance)

export const compareFigure = (at: { case: string; what: string }, [expected, found]: [Figure, Figure], tolerance: Tolerance): Verdict => ({
  ...at,
  expected: shown(expected),
  found: shown(found),
  ok: same(expected, found, tolerance),
})

export const compareText = (at: { case: string; what: string }, [expected, found]: [string, string]): Verdict => ({
  ...at,
  expected,
  found,
  ok: expected === found,
})

/** Many figures as one verdict: the one that is furthest off is shown. */
export function compareAll(at: { case: string; what: string }, [expected, found]: [Figure[], Figure[]], tolerance: Tolerance): Verdict {
  if (expected.length !== found.length) return { ...at, expected: `${expected.length} figures`, found: `${found.length}`, ok: false }
  const pairs = expected.map((value, index): [Figure, Figure] => [value, found[index]])
  const off = ([one, other]: [Figure, Figure]) =>
    typeof one === 'number' && typeof other === 'number' ? Math.abs(one - other) : Number(!same(one, other, tolerance)) * Number.MAX_VALUE
  const wrong = pairs.filter(([one, other]) => !same(one, other, tolerance))
  const worst = (wrong.length > 0 ? wrong : pairs).reduce(
    (one, other) => (off(other) > off(one) ? other : one),
    wrong[0] ?? pairs[0] ?? [0, 0],
  )
  const figure = compareFigure(at, worst, tolerance)
  return { ...figure, what: `${at.what} (furthest of ${pairs.length})`, ok: wrong.length === 0 }
}
