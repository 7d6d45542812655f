export interface SplitPlan {
  rows: number
  /** Contiguous folds of the rows. */
  folds: number
  /** How many of them are tested at a time. */
  test_folds: number
  /** Rows left out of training on either side of tested rows. */
  purge: number
  /** Rows left out after tested rows besides. */
  embargo: number
}

export interface Split {
  train: number[]
  /** Rows of each tested fold. */
  test: number[][]
  /** Which folds those are. */
  tested: number[]
}

/** First rows of the folds, and the end. */
const bounds = ({ rows, folds }: SplitPlan): number[] => Array.from({ length: folds + 1 }, (_, fold) => Math.floor((fold * rows) / folds))

/** All ways to choose some of 0 … count − 1, in lexical order. */
function combinations(count: number, chosen: number, from = 0): number[][] {
  if (chosen === 0) return [[]]
  return Array.from({ length: Math.max(0, count - from) }, (_, index) => from + index).flatMap(first =>
    combinations(count, chosen - 1, first + 1).map(rest => [first, ...rest]),
  )
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index)

/** One split for every choice of tested folds; training keeps away from them. López de Prado, Advances in Financial Machine Learning (2018), 12.3. */
export function combinatorialSplits(plan: SplitPlan): Split[] {
  const edges = bounds(plan)
  const fold = (index: number): [number, number] => [edges[index] as number, edges[index + 1] as number]
  return combinations(plan.folds, plan.test_folds).map(tested => {
    const near = (row: number) =>
      tested.some(index => {
        const [from, to] = fold(index)
        return row >= from - plan.purge && row < to + plan.purge + plan.embargo
      })
    return { train: range(0, plan.rows).filter(row => !near(row)), test: tested.map(index => range(...fold(index))), tested }
  })
}

/** For every fold the splits that test it, in order: path k takes the k-th of each fold, which makes whole histories out of sample. */
export const testPaths = (plan: SplitPlan): number[][] =>
  range(0, plan.folds).map(fold =>
    combinations(plan.folds, plan.test_folds).flatMap((tested, split) => (tested.includes(fold) ? [split] : [])),
  )
