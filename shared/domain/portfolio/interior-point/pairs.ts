/**
 * Inequalities g(x) ≥ 0 as pairs of how far each is from its edge and its multiplier, both positive until the end, and where they go in a step.
 */
export interface Pairs {
  slack: Float64Array
  dual: Float64Array
  /** g(x) − slack. */
  miss: Float64Array
  /** What a step gives the multiplier, before what the step itself takes. */
  push: Float64Array
  slackStep: Float64Array
  dualStep: Float64Array
  /** Products that stay at these figures, where they do not go to nothing. */
  centers: Float64Array | null
}

/** Pairs for values of g, in the middle of the way as measured by `product`. */
export function pairsAt(values: Float64Array, { least, product, centers = null }: Start): Pairs {
  const empty = () => new Float64Array(values.length)
  const slack = values.map(value => Math.max(value, least))
  const dual = slack.map((value, index) => (centers?.[index] ?? product) / value)
  return { slack, dual, miss: empty(), push: empty(), slackStep: empty(), dualStep: empty(), centers }
}

export interface Start {
  /** Slack that a broken inequality begins with. */
  least: number
  product: number
  /** Size of the objective. */
  scale: number
  centers?: Float64Array | null
}

export const ratio = ({ slack, dual }: Pairs, index: number): number => (dual[index] as number) / (slack[index] as number)

export function notePlace(pairs: Pairs, values: Float64Array): void {
  for (let index = 0; index < values.length; index += 1) pairs.miss[index] = (values[index] as number) - (pairs.slack[index] as number)
}

/** What is still to close of the products. */
export function gapOf({ slack, dual, centers }: Pairs): number {
  let sum = 0
  for (let index = 0; index < slack.length; index += 1)
    sum += Math.abs((slack[index] as number) * (dual[index] as number) - (centers?.[index] ?? 0))
  return sum
}

/** What is missing, by its multipliers. */
export function owedOf({ miss, dual }: Pairs): number {
  let sum = 0
  for (let index = 0; index < miss.length; index += 1) sum += Math.abs((miss[index] as number) * (dual[index] as number))
  return sum
}

/** Products after a step of some length. */
export function gapAfter({ slack, dual, slackStep, dualStep, centers }: Pairs, length: number): number {
  let sum = 0
  for (let index = 0; index < slack.length; index += 1) {
    const [s, z] = [
      (slack[index] as number) + length * (slackStep[index] as number),
      (dual[index] as number) + length * (dualStep[index] as number),
    ]
    sum += Math.abs(s * z - (centers?.[index] ?? 0))
  }
  return sum
}

/** Aims at a product; `second` counts what the step before has shown of its own curvature (Mehrotra). */
export function aim(pairs: Pairs, product: number, second: number): void {
  const { slack, dual, miss, push, slackStep, dualStep, centers } = pairs
  for (let index = 0; index < slack.length; index += 1) {
    const [s, z] = [slack[index] as number, dual[index] as number]
    const wanted = (centers?.[index] ?? product) - second * (slackStep[index] as number) * (dualStep[index] as number)
    push[index] = wanted / s - z - (z / s) * (miss[index] as number)
  }
}

/** Sets the step of one pair for the change of its g. */
export function stepOf({ slack, dual, miss, push, slackStep, dualStep }: Pairs, index: number, change: number): void {
  slackStep[index] = change + (miss[index] as number)
  dualStep[index] = (push[index] as number) - ((dual[index] as number) / (slack[index] as number)) * change
}

/** Longest step after which all are still positive. */
export function longest({ slack, dual, slackStep, dualStep }: Pairs): number {
  let length = Number.POSITIVE_INFINITY
  for (let index = 0; index < slack.length; index += 1) {
    const [down, less] = [slackStep[index] as number, dualStep[index] as number]
    if (down < 0) length = Math.min(length, -(slack[index] as number) / down)
    if (less < 0) length = Math.min(length, -(dual[index] as number) / less)
  }
  return length
}

export function advance({ slack, dual, slackStep, dualStep }: Pairs, length: number): void {
  for (let index = 0; index < slack.length; index += 1) {
    slack[index] = (slack[index] as number) + length * (slackStep[index] as number)
    dual[index] = (dual[index] as number) + length * (dualStep[index] as number)
  }
}
