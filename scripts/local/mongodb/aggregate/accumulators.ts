import { Int32 } from 'bson'
import { compare, keyOf } from '../bson/key.ts'
import { calculate, divide, plus } from '../bson/number.ts'
import { isNumber, number } from '../bson/types.ts'

/** Gathers values one at a time; `add` is given undefined for a missing field. */
export type Accumulator = { add(value: unknown): void; result(): unknown }

const extreme = (direction: number) => (): Accumulator => {
  let best: unknown = null
  return {
    add: value => {
      if (value !== undefined && value !== null && (best === null || compare(value, best) * direction > 0)) best = value
    },
    result: () => best,
  }
}

const totals = () => {
  let [total, count]: [unknown, number] = [new Int32(0), 0]
  return {
    add: (value: unknown) => {
      if (!isNumber(value)) return
      total = calculate(plus, total, value)
      count++
    },
    total: () => total,
    mean: () => (count > 0 ? divide(total, number(count)) : null),
  }
}

const gather = (accept: (value: unknown, all: unknown[]) => boolean) => (): Accumulator => {
  const all: unknown[] = []
  return {
    add: value => {
      if (value !== undefined && accept(value, all)) all.push(value)
    },
    result: () => all,
  }
}

const unique = () => {
  const seen = new Set<string>()
  return gather(value => {
    const key = keyOf(value).toString('latin1')
    const fresh = !seen.has(key)
    seen.add(key)
    return fresh
  })()
}

/** The accumulators of `$group`, each making a new one for a group. */
export const accumulators: Record<string, () => Accumulator> = {
  $sum: () => {
    const { add, total } = totals()
    return { add, result: total }
  },
  $avg: () => {
    const { add, mean } = totals()
    return { add, result: mean }
  },
  $count: () => {
    let count = 0
    return {
      add: () => {
        count++
      },
      result: () => number(count),
    }
  },
  $min: extreme(-1),
  $max: extreme(1),
  $first: () => {
    let first: { value: unknown } | undefined
    return {
      add: value => {
        first ??= { value }
      },
      result: () => first?.value ?? null,
    }
  },
  $last: () => {
    let last: unknown
    return {
      add: value => {
        last = value
      },
      result: () => last ?? null,
    }
  },
  $push: gather(() => true),
  $addToSet: unique,
}
